"""The words are exact: they carry the arithmetic and the account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

from digest.account_wording import account_line, day_name, nothing, summary_line
from digest.model import (
    Account,
    DayAccount,
    DayState,
    Digest,
    DigestKind,
    Entry,
    Mark,
    Score,
    Section,
)

FRIDAY = date(2026, 11, 20)
ACCOUNT = Account(
    as_of=datetime(2026, 11, 20, 6, 30, tzinfo=UTC),
    days=(DayAccount(FRIDAY, DayState.OPEN, 12),),
    listed=12,
    considered=12,
    chosen=3,
    already_sent=0,
    below_bar=8,
    excluded=1,
    over_limit=0,
    bar=5.0,
)


def test_the_account_leaves_out_empty_counts_and_says_what_is_still_filling_in_local_time() -> None:
    assert account_line(ACCOUNT, "Europe/Berlin") == (
        "12 papers listed on Fri 20 Nov: 3 chosen, 8 below the bar of 5.0, 1 excluded."
        " Fri 20 Nov still filling at 07:30."
    )


def test_the_account_says_how_many_of_the_listed_papers_are_new_so_that_its_counts_add_up() -> None:
    assert account_line(replace(ACCOUNT, listed=40), "UTC").startswith(
        "40 papers listed on Fri 20 Nov, 12 new to you: 3 chosen, 8 below the bar of 5.0, 1 excluded."
    )


def test_what_came_late_or_rises_is_told_beside_what_is_listed_and_never_denied() -> None:
    both = replace(ACCOUNT, considered=13, late=1, rising=2, already_sent=1)
    assert account_line(both, "UTC").startswith(
        "12 papers listed on Fri 20 Nov, 10 new to you, 1 late from a day before, 2 rising: 3 chosen, 1 "
    )
    alone = replace(ACCOUNT, listed=0, considered=2, late=2, chosen=1, below_bar=1, excluded=0)
    assert account_line(alone, "UTC").startswith(
        "No papers listed on Fri 20 Nov, 2 late from days before: 1 chosen, 1 below the bar of 5.0."
    )
    assert nothing(alone) == "no paper passed your bar"


def test_the_account_of_several_days_names_the_span_and_the_days_that_could_not_be_read() -> None:
    days = (
        DayAccount(date(2026, 11, 18), DayState.SETTLED, 6),
        DayAccount(date(2026, 11, 20), DayState.SETTLED, 6),
    )
    account = replace(ACCOUNT, days=days, missing_days=(date(2026, 11, 19),))
    line = account_line(account, "UTC")
    assert line.startswith("12 papers listed from Wed 18 Nov to Fri 20 Nov: ")
    assert line.endswith(" Could not be read: Thu 19 Nov.")
    assert account_line(replace(ACCOUNT, days=()), "UTC").startswith("12 papers listed on no day")


def test_nothing_read_and_nothing_listed_are_not_the_same() -> None:
    empty = replace(ACCOUNT, listed=0, considered=0, chosen=0, below_bar=0, excluded=0)
    thursday = DayAccount(date(2026, 11, 19), DayState.SETTLED, 0)
    assert account_line(empty, "UTC") == "No papers listed on Fri 20 Nov. Fri 20 Nov still filling at 06:30."
    failed = replace(empty, days=(replace(thursday, state=DayState.FAILED),), missing_days=(thursday.day,))
    assert account_line(failed, "UTC") == "No day was read. Could not be read: Thu 19 Nov."
    half = replace(failed, days=(*failed.days, DayAccount(FRIDAY, DayState.SETTLED, 0)))
    assert account_line(half, "UTC") == "No papers listed on Fri 20 Nov. Could not be read: Thu 19 Nov."
    assert [nothing(one) for one in (empty, failed)] == [
        "no papers were listed",
        "the source could not be read",
    ]


def test_the_summary_counts_papers_and_names_the_profiles() -> None:
    entry = Entry("2503.02130", 1, FRIDAY, Mark.NEW, Score(6.0), 10)
    vision, agents = Section(1, "vision", "", (entry,)), Section(2, "agents", "", (entry, entry))
    digest = Digest(1, FRIDAY, DigestKind.DAILY, (vision, agents), ACCOUNT, "UTC", time(7, 30))
    assert summary_line(digest) == "3 papers for you: vision 1, agents 2"
    assert summary_line(replace(digest, sections=(vision,))) == "1 paper for you: vision"
    assert summary_line(replace(digest, sections=())) == "No paper passed your bar."


def test_days_are_named_in_english_whatever_the_locale() -> None:
    assert day_name(FRIDAY) == "Fri 20 Nov"
    assert day_name(date(2025, 3, 1), year=True) == "Sat 1 Mar 2025"
