"""Reading in Slack: today, search, why. Nothing is stored."""

from __future__ import annotations

import pytest

from digest.model import Paper
from digest.slack.desk import Desk
from digest.store import papers as store_papers
from digest.store import search as store_search
from digest.store.database import transaction
from tests.slack.conftest import NOW, Person, fill
from tests.slack.test_commands import found


def test_today_ranks_the_newest_day_and_stores_nothing(person: Person, desk: Desk) -> None:
    person.types("subscribe diffusion")
    person.told()
    before = found(desk, "U777")
    person.types("today")
    told = person.told(2)
    assert "Fri 20 Nov: 1 of 3 papers for “diffusion”" in told
    assert "papers/2511.00001" in told
    assert "your digest comes as usual" in told
    assert found(desk, "U777") == before


def test_today_without_a_subscription_shows_what_is_trending(person: Person) -> None:
    person.types("today")
    assert "for “trending”" in person.told()
    assert "chooses by your own words" in person.told()


def test_search_looks_through_the_whole_store_by_its_own_index(person: Person, desk: Desk) -> None:
    old = Paper("1706.03762", "Attention is all you need", "Diffusion of attention.", ("Ada Grün",))
    with transaction(desk.engine) as session:
        store_papers.store(session, [old], now=NOW)
        store_search.index(session, [old])
    person.types("search diffusion")
    told = person.told()
    assert "3 papers of all that are stored for “diffusion”" in told
    assert "papers/1706.03762|Attention is all you need" in told
    assert "· Tue 17 Nov 2026 · ▲ 30" in told
    person.types('search author:grün "video generation"')
    assert "1 paper of all" in person.told(2)
    person.types("search zebra")
    assert "No stored paper holds “zebra”." in person.told(3)
    person.types("search")
    assert "holds no word" in person.told(4)
    fill(desk.engine, tuple((f"2510.{n:05d}", "Quantum zebra", "Zebras.", 20) for n in range(12)))
    person.types("search zebra")
    assert "The 10 best papers of all that are stored" in person.told(5)


@pytest.mark.parametrize(
    "named",
    [
        "2511.00002",
        "2511.00002v3",
        "https://arxiv.org/abs/2511.00002",
        "<https://huggingface.co/papers/2511.00002|x>",
    ],
)
def test_why_tells_the_verdict_and_the_rule_that_decided(person: Person, named: str) -> None:
    person.types("subscribe agents -survey")
    person.told()
    person.types(f"why {named}")
    told = person.told(2)
    assert "A survey of agents" in told
    assert "excluded by -survey" in told


@pytest.mark.parametrize(
    ("named", "says"), [("9999.99999", "no paper 9999.99999"), ("nonsense", "no paper id")]
)
def test_why_of_an_unknown_paper_says_so(person: Person, named: str, says: str) -> None:
    person.types("subscribe agents")
    person.told()
    person.types(f"why {named}")
    assert says in person.told(2)
