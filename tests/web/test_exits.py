"""Open exits: API, feeds, citations, the permanent page of a digest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import feedparser
import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from lxml import etree

from digest.bootstrap import prepare_rules
from digest.model import Organisation, Paper
from digest.pipeline.prepare import prepare
from digest.ranking.language import parse_profile
from digest.store import digests, papers, profiles
from digest.store.database import reading, transaction
from digest.subscriptions import unsubscribe
from digest.tokens import Purpose
from digest.web.citations import bibtex, ris
from tests.web.conftest import NOW, Site

HOSTILE = Paper(
    "2610.90001",
    "50% of {models} & $x^2$ <think> \\input{/etc/passwd}\nER  - \nTY  - BOOK",
    "First line.\nER  - \n\nTY  - JOUR",
    ("Ada Łovelace", "Grace } Hopper\nAU  - Eve"),
    Organisation("x", "X"),
    NOW,
)


def prepared(site: Site) -> tuple[int, int]:
    """A subscriber with a first digest; the numbers of digest and profile."""
    ada = site.join(profiles={"Robots": "robot learning, manipulation, diffusion, agents"})
    assert ada.next_due_at is not None
    site.clock.now = ada.next_due_at + timedelta(minutes=1)
    prepare(site.engine, prepare_rules(site.house.settings), now=site.clock())
    with reading(site.engine) as session:
        [found] = digests.of_subscriber(session, ada.id)
        [own] = profiles.of_subscriber(session, ada.id, parse_profile)
    assert found.entries
    return found.id, own.id


def test_a_digest_has_a_permanent_page_with_reasons_and_account(site: Site) -> None:
    number, _ = prepared(site)
    link = f"/d/{site.token(Purpose.DIGEST, number)}"
    site.clock.later(days=1000)
    text = site.get(link).text
    with reading(site.engine) as session:
        found = digests.load(session, [number])[number]
        read = papers.load(session, [one.paper_id for one in found.entries])
    for entry in found.entries:
        assert f"/paper/{entry.paper_id}" in text
    assert "points</span>" in text
    assert "listed" in text
    records = rispy.loads(site.get(f"{link}/ris").text)
    assert {one["title"] for one in records} == {one.title for one in read.values()}
    assert len(parse_string(site.get(f"{link}/bibtex").text).entries) == len(found.entries)
    assert site.get(f"/d/{site.token(Purpose.DIGEST, 999)}").status_code == 404


def test_a_profiles_feed_is_read_by_a_feed_reader_and_ends_with_the_subscription(site: Site) -> None:
    number, profile = prepared(site)
    link = f"/feed/{site.token(Purpose.FEED, profile)}"
    with reading(site.engine) as session:
        found = digests.load(session, [number])[number]
    read = feedparser.parse(site.get(f"{link}.atom").content)
    assert not read.bozo
    assert read.feed.title == "Robots: Daily Papers digest"
    assert [one.link for one in read.entries] == [
        f"https://digest.example.org/paper/{entry.paper_id}" for entry in found.entries
    ]
    assert "points" in read.entries[0].summary
    document = site.get(f"{link}.json").json()
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert len(document["items"]) == len(found.entries)
    assert site.get(f"{link}.atom").headers["cache-control"] == "no-store"
    with transaction(site.engine) as session:
        unsubscribe(session, found.subscriber_id)
    assert site.get(f"{link}.atom").status_code == 404


def test_a_feed_needs_its_secret(site: Site) -> None:
    _, profile = prepared(site)
    assert site.get("/feed/1.atom").status_code == 403
    assert site.get(f"/feed/{site.token(Purpose.UNSUBSCRIBE, profile)}.json").status_code == 403


def test_the_trending_feed_is_public_and_valid(site: Site) -> None:
    read = feedparser.parse(site.get("/feed/trending.atom").content)
    assert not read.bozo
    assert len(read.entries) == 30
    assert len(site.get("/feed/trending.json").json()["items"]) == 30


def test_markup_in_a_title_stays_text_in_every_exit(site: Site) -> None:
    title = "Thinking <think> & \"quoting\" ]]> 'more'"
    with site.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE papers SET title = ?", (title,))
    read = feedparser.parse(site.get("/feed/trending.atom").content)
    assert not read.bozo
    assert etree.fromstring(site.get("/feed/trending.atom").content).findtext("{*}entry/{*}title") == title
    assert site.get("/feed/trending.json").json()["items"][0]["title"] == title
    assert site.get("/api/trending").json()[0]["paper"]["title"] == title


def test_a_hostile_paper_is_one_entry_of_bibtex() -> None:
    text = bibtex([HOSTILE])
    found = parse_string(text)
    assert not found.failed_blocks
    [entry] = found.entries
    assert entry.entry_type == "misc"
    assert "input{/etc" not in text
    assert entry["year"] == "2026"


def test_a_hostile_paper_is_one_record_of_ris() -> None:
    [record] = rispy.loads(ris([HOSTILE, replace(HOSTILE, id="cs/0101001", authors=())])[:100_000])[:1]
    assert len(rispy.loads(ris([HOSTILE]))) == 1
    assert record["type_of_reference"] == "GEN"
    assert len(record["authors"]) == 2
    assert all("\n" not in name for name in record["authors"])


def test_a_papers_page_shows_where_it_was_listed_and_leads_to_citations(site: Site) -> None:
    paper = site.get("/api/trending").json()[0]["paper"]
    text = site.get(f"/paper/{paper['id']}").text
    assert "Abstract" in text
    assert "/day/2026-10-1" in text
    assert paper["title"] in site.get(f"/ris/{paper['id']}").text
    assert paper["id"] in site.get(f"/bibtex/{paper['id']}").text
    assert site.get("/bibtex/none").status_code == 404


def test_votes_over_time_are_drawn_when_there_are_two_moments(site: Site) -> None:
    paper = site.get("/api/trending").json()[0]["paper"]["id"]
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM observations")
        for hour, votes in ((1, 0), (5, 12), (9, 30)):
            connection.exec_driver_sql(
                "INSERT INTO observations (paper_id, observed_at, upvotes, comments) VALUES (?, ?, ?, 0)",
                (paper, f"2026-10-15 0{hour}:00:00.000000", votes),
            )
    text = site.get(f"/paper/{paper}").text
    assert 'points="0.0,120.0 300.0,72.0 600.0,0.0"' in text
    assert "From 0 to 30 upvotes" in text


def test_the_api_tells_days_papers_and_trending(site: Site) -> None:
    days = site.get("/api/days").json()
    assert [one["day"] for one in days] == ["2026-10-16", "2026-10-15", "2026-10-14"]
    assert len(site.get("/api/days", params={"since": "2026-10-15", "limit": 1}).json()) == 1
    day = site.get("/api/days/2026-10-15").json()
    assert day["papers"] == len(day["listings"]) > 20
    one = site.get(f"/api/papers/{day['listings'][0]['paper']['id']}").json()
    assert one["listings"][0]["upvotes"] >= 0
    assert one["url"].startswith("https://huggingface.co/papers/")
    assert one["votes"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/days/1999-01-01", 404),
        ("/api/days/2020-01-01", 404),
        ("/api/days/nonsense", 422),
        ("/api/days?limit=0", 422),
        ("/api/papers/none", 404),
        ("/api/nothing", 404),
    ],
)
def test_errors_of_the_api_are_json_that_names_what_is_wrong(site: Site, path: str, status: int) -> None:
    answer = site.get(path)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_api_is_described_for_programs_and_for_people(site: Site) -> None:
    described = json.loads(site.get("/api/openapi.json").text)
    assert set(described["paths"]) >= {"/api/days", "/api/days/{day}", "/api/papers/{paper_id}"}
    assert not [path for path in described["paths"] if not path.startswith("/api/")]
    page = site.get("/api").text
    assert "/api/days/{day}" in page
