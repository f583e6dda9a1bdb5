"""Assembled mails are the mails that templates and the standard library would make."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.channels.entry_forms import EntryForms
from digest.channels.mime import whole_lines
from digest.channels.quoted import Form, quoted, slot
from digest.model import Score, Sheet
from tests.channels.mails import KINDS, LEDGER, PAPERS, entry, large, sheet
from tests.channels.plain_way import message
from tests.channels.test_email import CHANNEL, SETTINGS, part, read


def assert_same(sheet: Sheet) -> None:
    ours = read(CHANNEL.render(sheet))
    plain = read(message(sheet, sender=SETTINGS.sender, postal=SETTINGS.postal_address))
    for kind in ("plain", "html"):
        assert part(ours, kind) == part(plain, kind)
    for header in ("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe"):
        assert str(ours[header]) == str(plain[header])


@pytest.mark.parametrize("kind", KINDS)
def test_an_assembled_mail_equals_the_plain_way(kind: str) -> None:
    assert_same(sheet(KINDS[kind]))


def test_thirty_entries_equal_the_plain_way() -> None:
    assert_same(large(30, PAPERS))


@settings(max_examples=40, deadline=None)
@given(title=st.text(max_size=120), abstract=st.text(max_size=300), author=st.text(max_size=40))
def test_any_text_equals_the_plain_way(title: str, abstract: str, author: str) -> None:
    paper = replace(LEDGER, title=title, abstract=abstract, authors=(author,))
    assert_same(sheet(papers=(PAPERS[0], paper, PAPERS[2])))


def test_a_paper_that_changed_under_its_id_is_not_shown_as_it_was() -> None:
    CHANNEL.render(sheet())
    changed = replace(LEDGER, title="Ledger, corrected")
    assert "Ledger, corrected" in part(read(CHANNEL.render(sheet(papers=(changed, *PAPERS[::2])))), "html")


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_characters="\r", exclude_categories=("Cs", "Co"))), max_size=6
    )
)
def test_pieces_encoded_alone_join_to_the_encoding_of_the_whole(pieces: list[str]) -> None:
    from quopri import decodestring

    joined = b"".join(quoted(piece) for piece in pieces)
    assert decodestring(joined).decode().replace("\r\n", "\n") == "".join(pieces)
    assert all(len(line) <= 76 for line in joined.split(b"\r\n"))


@given(st.text(alphabet=st.sampled_from("\r\n=. aé€") | st.characters(codec="utf-8")))
def test_no_text_brings_a_bare_line_end_into_a_mail(text: str) -> None:
    encoded = quoted(text)
    assert encoded == b"" or whole_lines(encoded) == encoded


def test_a_form_keeps_percent_signs_and_repeats_a_slot() -> None:
    from quopri import decodestring

    made = Form.of(f"100% {slot('name')}, {slot('name')}=\n")
    assert (
        decodestring(made.fill({"name": quoted("50% of Zoë")})) == "100% 50% of Zoë, 50% of Zoë=\r\n".encode()
    )


def test_forms_are_forgotten_before_they_fill_the_memory() -> None:
    forms = EntryForms(kept=2)
    entries = [entry(paper, Score(5.0)) for paper in PAPERS]
    made = [forms.full(one, paper, 2) for one, paper in zip(entries, PAPERS, strict=True)]
    again = [forms.full(one, paper, 2) for one, paper in zip(entries, PAPERS, strict=True)]
    assert made == again
    assert forms.full(entries[2], PAPERS[2], 2) is again[2]
    assert made[0] is not again[0]
