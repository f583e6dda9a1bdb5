"""The stored form of a digest: what readers share is one text, and nothing is lost in it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Account, Digest, DigestKind, Entry, Mark, Reason, ReasonKind, Section
from digest.store.sheets import pack, unpack
from tests.scores import score_of

DAY = date(2026, 3, 2)
SIGNS = st.text(alphabet='ab|^~\\sflg\t\n"é', max_size=8)
NAMES = st.lists(SIGNS, max_size=3).map(tuple)
REASONS = st.lists(st.builds(Reason, st.just(ReasonKind.KEYWORD), SIGNS, st.just(0.5)), max_size=3)


def digest_of(*entries: Entry) -> Digest:
    account = Account(datetime(2026, 3, 2, 7, 30, tzinfo=UTC), (), 30, 20, 1, 1, 15, 2, 1)
    sections = (Section(1, "main", "diffusion", entries),)
    return Digest(1, DAY, DigestKind.DAILY, sections, account, "UTC", time(7, 30))


def kept(digest: Digest) -> Digest:
    """A digest as it comes back from a store."""
    value = json.loads(json.dumps(pack(digest)))
    return unpack(value, digest_id=0, subscriber_id=1, slot=DAY, kind="daily")


@given(
    paper_id=SIGNS, also=NAMES, reasons=REASONS, mark=st.sampled_from(Mark), stars=st.none() | st.integers(0)
)
def test_no_sign_in_a_name_is_taken_for_what_separates_names(
    paper_id: str, also: tuple[str, ...], reasons: list[Reason], mark: Mark, stars: int | None
) -> None:
    score = score_of(0.1 + 0.2, reasons)
    entry = Entry(paper_id, 3, DAY, mark, score, 12, stars, also)
    read = kept(digest_of(entry)).entries[0]
    assert read._replace(score=score) == entry
    assert (read.score.value, read.score.grounds) == (score.value, score.grounds)


def test_a_digest_of_the_form_before_is_read_and_one_to_come_is_refused() -> None:
    told = digest_of()
    value = pack(told)
    value["account"][1] = value["account"][1][:7]
    read = unpack(value | {"form": 3}, digest_id=0, subscriber_id=1, slot=DAY, kind="daily")
    assert read.account == told.account
    with pytest.raises(ValueError, match="form 5, which this program cannot read"):
        unpack(value | {"form": 5}, digest_id=0, subscriber_id=1, slot=DAY, kind="daily")


def test_an_entry_needs_no_escapes_in_json() -> None:
    score = score_of(6.5, (Reason(ReasonKind.KEYWORD, "world model", 6.5),))
    packed = pack(digest_of(Entry("2603.00010", 1, DAY, Mark.NEW, score, 12)))
    assert "\\" not in json.dumps(packed)
