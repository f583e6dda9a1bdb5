"""Digests in the store: the same out as in, one a slot, a paper shown once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from digest.errors import ShownBefore
from digest.model import (
    Account,
    DayAccount,
    DayState,
    Digest,
    DigestKind,
    Entry,
    Field,
    Mark,
    NearMiss,
    Reason,
    ReasonKind,
    Section,
)
from digest.store import digests
from digest.store.database import transaction
from digest.store.digests import Coverage
from digest.store.schema import SubscriberRow
from digest.store.sheets import pack, unpack
from tests.scores import score_of

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
MON, TUE = date(2026, 3, 2), date(2026, 3, 3)


def digest_of(subscriber_id: int, slot: date = MON, paper_id: str = "2603.00010") -> Digest:
    reasons = (
        Reason(ReasonKind.KEYWORD, "diffusion", 5.5, Field.TITLE),
        Reason(ReasonKind.LEARNT, "denoising", 1.0, related_to="diffusion"),
    )
    entry = Entry(
        paper_id, 1, MON, Mark.NEW, score_of(6.5, reasons), upvotes=12, code_stars=None, also_in=("b",)
    )
    account = Account(
        as_of=NOW,
        days=(DayAccount(MON, DayState.OPEN, 30),),
        listed=30,
        considered=20,
        chosen=1,
        already_sent=1,
        below_bar=15,
        excluded=2,
        over_limit=1,
        bar=5.0,
        missing_days=(date(2026, 2, 27),),
        near_misses=(NearMiss("2603.00011", "A near miss", 4.8, 5.0),),
    )
    return Digest(
        subscriber_id=subscriber_id,
        slot=slot,
        kind=DigestKind.DAILY,
        sections=(Section(1, "main", "diffusion, agents^2", (entry,)),),
        account=account,
        timezone="Europe/Berlin",
        send_at=time(7, 30),
        next_slot=TUE,
    )


def subscriber_row(number: int) -> dict[str, object]:
    return {
        "id": number, "channel": "email", "address": f"r{number}@example.org", "state": "confirmed",
        "timezone": "UTC", "send_at": time(7, 30), "weekdays": 127, "empty_digests": "weekly", "rising": True,
        "created_at": NOW, "consent_source": "test", "suspended_reason": "", "bounce_score": 0.0,
    }  # fmt: skip


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with transaction(engine) as opened:
        opened.execute(insert(SubscriberRow), [subscriber_row(1), subscriber_row(2)])
        yield opened


COVERAGE = Coverage(after=4, upto=9, since=NOW)


def test_a_digest_comes_out_as_it_went_in(session: Session) -> None:
    stored = digests.add(session, [(digest_of(1), COVERAGE)], now=NOW)
    assert digests.load(session, [stored[0].id])[stored[0].id] == replace(digest_of(1), id=stored[0].id)


@given(
    kind=st.sampled_from(ReasonKind), term=st.text(), points=st.floats(-10, 10), place=st.sampled_from(Field)
)
def test_a_reason_comes_out_as_it_went_in(kind: ReasonKind, term: str, points: float, place: Field) -> None:
    digest = digest_of(1)
    entry = digest.entries[0]._replace(score=score_of(1.0, (Reason(kind, term, points, place, "a b"),)))
    told = replace(digest, sections=(Section(1, "main", "diffusion", (entry,)),))
    kept = json.loads(json.dumps(pack(told)))
    assert unpack(kept, digest_id=0, subscriber_id=1, slot=MON, kind="daily") == told


def test_what_readers_share_is_one_text_of_the_stored_form() -> None:
    packed = pack(digest_of(1))
    assert packed["sections"] == [
        [
            1,
            "main",
            "diffusion, agents^2",
            ["2603.00010|1|2026-03-02|new|12|~6.5~|b~k|diffusion||t5.5~l|denoising|diffusion|1.0"],
        ]
    ]
    assert packed["account"] == [
        "2026-03-02T07:30:00+00:00|2026-02-27|2026-03-02 open 30",
        [30, 20, 1, 1, 15, 2, 1, 0, 0],
        5.0,
        [["2603.00011", "A near miss", 4.8, 5.0]],
    ]


def test_a_slot_has_one_digest_and_the_second_is_left_out_quietly(session: Session) -> None:
    digests.add(session, [(digest_of(1), COVERAGE)], now=NOW)
    other = digest_of(1, paper_id="2603.00099")
    stored = digests.add(session, [(other, COVERAGE), (digest_of(2), COVERAGE)], now=NOW)
    assert [one.subscriber_id for one in stored] == [2]
    assert digests.shown(session, [1], ["2603.00099"]) == {}


def test_the_database_itself_refuses_to_show_a_paper_twice_and_nothing_is_stored(session: Session) -> None:
    digests.add(session, [(digest_of(1, MON), COVERAGE)], now=NOW)
    with pytest.raises(ShownBefore):
        digests.add(session, [(digest_of(1, TUE), COVERAGE), (digest_of(2, TUE), COVERAGE)], now=NOW)
    assert [len(digests.of_subscriber(session, number)) for number in (1, 2)] == [1, 0]


def test_what_was_shown_is_known_by_paper_and_mark(session: Session) -> None:
    digests.add(session, [(digest_of(1), COVERAGE)], now=NOW)
    assert digests.shown(session, [1, 2], ["2603.00010", "2603.00011"]) == {1: {"2603.00010": {False}}}
    assert digests.shown_on(session, 1, "2603.00010") == MON
    assert digests.shown_on(session, 2, "2603.00010") is None


def test_withdrawing_frees_the_papers_and_gives_back_the_widest_coverage(session: Session) -> None:
    first = digests.add(session, [(digest_of(1, MON), COVERAGE)], now=NOW)
    later = digests.add(session, [(digest_of(1, TUE, "2603.00012"), Coverage(9, 12, NOW))], now=NOW)
    freed = digests.withdraw(session, [first[0].id, later[0].id])
    assert freed[1].after == 4
    assert digests.shown(session, [1], ["2603.00010", "2603.00012"]) == {}
    assert digests.withdraw(session, []) == {}


def test_a_subscribers_digests_come_newest_first(session: Session) -> None:
    digests.add(session, [(digest_of(1, MON), COVERAGE)], now=NOW)
    digests.add(session, [(digest_of(1, TUE, "2603.00012"), COVERAGE)], now=NOW)
    assert [one.slot for one in digests.of_subscriber(session, 1)] == [TUE, MON]


def test_a_form_of_the_future_is_refused_by_name() -> None:
    value = pack(digest_of(1)) | {"form": 99}
    with pytest.raises(ValueError, match="form 99"):
        unpack(value, digest_id=1, subscriber_id=1, slot=MON, kind="daily")
