"""Composing: sections, each paper once, and an account that adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from hypothesis import given
from hypothesis import strategies as st

from digest.compose import Edition, compose
from digest.model import (
    VERDICTS,
    Candidate,
    ChannelName,
    DayAccount,
    DayState,
    Digest,
    DigestKind,
    Paper,
    Profile,
    Ranking,
    Subscriber,
    SubscriberState,
    Verdict,
)

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
READER = Subscriber(
    7, ChannelName.EMAIL, "reader@example.org", SubscriberState.CONFIRMED, "Europe/Berlin", time(7, 30)
)
PAPERS = [Candidate(Paper(f"2603.0000{n}", f"Paper {n}"), DAY, upvotes=n, arrival=1) for n in range(6)]


def edition(*, first: bool = False, catch_up: bool = False) -> Edition:
    return Edition(
        slot=DAY,
        as_of=NOW,
        days=(DayAccount(DAY, DayState.OPEN, 6),),
        listed=6,
        next_slot=date(2026, 3, 3),
        first=first,
        catch_up=catch_up,
    )


def ranking(name: str, verdicts: Sequence[Verdict], *, near: float = 4.0) -> Ranking:
    """A ranking of the six papers with these verdicts, in order."""
    rows = [row for row, verdict in enumerate(verdicts) if verdict is Verdict.CHOSEN]
    return Ranking(
        profile=Profile(1, READER.id, name, name),
        candidates=PAPERS,
        rows=rows,
        values=[9.0] * len(rows),
        grounds=[""] * len(rows),
        near_misses=[(row, near) for row, verdict in enumerate(verdicts) if verdict is Verdict.BELOW_BAR],
        verdicts=bytes(VERDICTS.index(verdict) for verdict in verdicts),
        bar=5.0,
    )


C, B, E, L, S, N = (
    Verdict.CHOSEN,
    Verdict.BELOW_BAR,
    Verdict.EXCLUDED,
    Verdict.OVER_LIMIT,
    Verdict.ALREADY_SENT,
    Verdict.NO_MATCH,
)


def ids(digest: Digest) -> list[str]:
    return [entry.paper_id for entry in digest.entries]


def test_a_paper_chosen_twice_stands_once_and_names_the_other_profile() -> None:
    digest = compose(
        READER, [ranking("one", [C, C, B, B, B, B]), ranking("two", [B, C, C, B, B, B])], edition()
    )
    assert ids(digest) == ["2603.00000", "2603.00001", "2603.00002"]
    assert digest.sections[0].entries[1].also_in == ("two",)


def test_every_considered_paper_is_in_exactly_one_count() -> None:
    account = compose(READER, [ranking("one", [C, B, E, L, S, N])], edition()).account
    assert (account.chosen, account.below_bar, account.excluded) == (1, 2, 1)
    assert (account.over_limit, account.already_sent) == (1, 1)
    assert account.considered == 6


@given(st.lists(st.lists(st.sampled_from(VERDICTS), min_size=6, max_size=6), min_size=1, max_size=4))
def test_the_account_adds_up_whatever_the_profiles_said(verdicts: list[list[Verdict]]) -> None:
    rankings = [ranking(str(number), row) for number, row in enumerate(verdicts)]
    digest = compose(READER, rankings, edition())
    account = digest.account
    parts = account.below_bar + account.excluded + account.over_limit + account.already_sent
    assert account.chosen + parts == account.considered == len(PAPERS)
    assert account.chosen == len(digest.entries) == len(set(ids(digest)))


def test_a_paper_over_one_limit_but_below_another_bar_counts_as_over_the_limit() -> None:
    account = compose(
        READER, [ranking("one", [L, B, B, B, B, B]), ranking("two", [B] * 6)], edition()
    ).account
    assert (account.over_limit, account.below_bar) == (1, 5)


def test_a_digest_without_entries_is_empty_and_names_the_three_nearest_misses() -> None:
    digest = compose(
        READER, [ranking("one", [B] * 6, near=4.5), ranking("two", [B] * 6, near=4.8)], edition()
    )
    assert digest.kind is DigestKind.EMPTY
    assert [miss.score for miss in digest.account.near_misses] == [4.8] * 3


def test_a_paper_that_another_profile_chose_is_no_near_miss() -> None:
    digest = compose(
        READER, [ranking("one", [C, B, N, N, N, N]), ranking("two", [B, B, N, N, N, N])], edition()
    )
    assert [miss.paper_id for miss in digest.account.near_misses] == ["2603.00001"]


def test_a_profile_without_papers_today_keeps_its_section_so_that_the_foot_can_name_it() -> None:
    digest = compose(READER, [ranking("one", [B] * 6), ranking("two", [C] + [B] * 5)], edition())
    assert [(section.profile_name, len(section.entries)) for section in digest.sections] == [
        ("one", 0),
        ("two", 1),
    ]


def test_the_kind_says_why_the_span_is_what_it_is() -> None:
    chosen = [ranking("one", [C] + [B] * 5)]
    assert compose(READER, chosen, edition(first=True)).kind is DigestKind.FIRST
    assert compose(READER, chosen, edition(catch_up=True)).kind is DigestKind.CATCH_UP
    assert compose(READER, chosen, edition()).kind is DigestKind.DAILY


def test_a_subscriber_without_profiles_gets_an_empty_account() -> None:
    account = compose(READER, [], replace(edition(), late=(0,), rising=(1,))).account
    assert (account.considered, account.late, account.rising, account.already_sent) == (0, 0, 0, 0)


def test_what_came_late_and_what_rises_is_counted_apart_and_what_rose_before_is_no_news() -> None:
    about = replace(edition(), late=(1,), rising=(3, 4))
    account = compose(READER, [ranking("one", [C, C, B, C, S, S])], about).account
    assert (account.late, account.rising) == (1, 1)
    assert (account.considered, account.chosen, account.below_bar, account.already_sent) == (5, 3, 1, 1)
