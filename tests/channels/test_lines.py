"""What a digest says in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from digest.channels import lines
from digest.model import Account, DayAccount, DayState, DigestKind
from tests.channels.mails import CATCH_UP, DAILY, EMPTY, TWINS, account, sheet


def emptiness(empty: Account) -> lines.Told:
    return lines.tell(sheet(replace(EMPTY, account=empty)))


def test_an_empty_digest_says_which_kind_of_nothing_it_was() -> None:
    unread = account(days=(), listed=0, considered=0, chosen=0, missing_days=(date(2026, 3, 5),))
    told = emptiness(unread)
    assert told.subject == "Fri 6 Mar: the source could not be read"
    assert told.summary == told.preheader == "The source could not be read."
    assert told.opening.startswith("Nothing could be read of Thu 5 Mar")
    assert told.account == "No day was read. Could not be read: Thu 5 Mar."
    unlisted = emptiness(replace(unread, days=account().days, missing_days=()))
    assert unlisted.subject == "Fri 6 Mar: no papers were listed"
    assert "lists no papers" in unlisted.opening
    assert unlisted.account.startswith("No papers listed from Thu 5 Mar to Fri 6 Mar.")
    weekend = emptiness(replace(unread, missing_days=()))
    assert weekend.account == "No papers listed since the last digest."
    stale = emptiness(account(considered=0, chosen=0))
    assert stale.subject == "Fri 6 Mar: nothing new was listed"
    assert "nothing new came" in stale.opening
    assert emptiness(EMPTY.account).subject == "Fri 6 Mar: no paper passed your bar"
    assert "none reached your bar of 5.0" in emptiness(EMPTY.account).opening


def test_an_empty_digest_of_some_days_says_which_others_could_not_be_read() -> None:
    told = emptiness(replace(EMPTY.account, missing_days=(date(2026, 3, 4),)))
    assert told.subject == "Fri 6 Mar: no paper passed your bar"
    assert told.opening.endswith("none reached your bar of 5.0. Nothing could be read of Wed 4 Mar.")


def test_a_subject_tells_the_day_and_the_best_paper() -> None:
    assert lines.tell(sheet()).subject == f"Fri 6 Mar: {TWINS.title}, and 2 more"
    assert lines.tell(sheet(EMPTY)).subject == "Fri 6 Mar: no paper passed your bar"
    assert lines.tell(sheet(CATCH_UP)).subject.startswith("Mon 2 Mar to Fri 6 Mar: ")
    one_day = replace(CATCH_UP, account=account(days=(DayAccount(date(2026, 3, 6), DayState.OPEN, 3),)))
    assert lines.tell(sheet(one_day)).subject.startswith("Fri 6 Mar: ")


def test_who_reads_once_a_week_is_told_the_week_that_ends() -> None:
    weekly = replace(DAILY, next_slot=date(2026, 3, 13))
    told = lines.tell(sheet(weekly))
    assert told.subject.startswith(f"Week to Fri 6 Mar: {TWINS.title}")
    assert told.day == "Week to Friday 6 March 2026"
    assert lines.tell(sheet(replace(EMPTY, next_slot=date(2026, 3, 13)))).subject.startswith(
        "Week to Fri 6 Mar: "
    )
    first = lines.tell(sheet(replace(weekly, kind=DigestKind.FIRST)))
    assert first.day == "Friday 6 March 2026", "a first digest begins with the newest days"
    assert lines.tell(sheet(replace(weekly, next_slot=date(2026, 3, 9)))).day == "Friday 6 March 2026"
