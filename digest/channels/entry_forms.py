"""Entries as forms: a paper is put into HTML and plain text once, and filled in for each reader. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from digest.channels import lines
from digest.channels.quoted import Form
from digest.channels.stationery import form
from digest.model import Entry, Mark, Paper
from digest.readable import clip_bytes

FORMS_KEPT = 20_000
"""Entries whose forms are remembered: a week's papers in every mark, vote count and detail."""

BARE = 90
"""Bytes of a title and of a reason in the last resort."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told of each entry, so that the largest digest still fits.

    The first ``full`` entries have ``sentences`` of their abstract, the others ``fewer``. ``bare`` is the
    last resort for hostile papers: a title and a reason of at most ``BARE`` bytes, and one link.
    """

    sentences: int
    fewer: int
    full: int = 10
    bare: bool = False

    def of(self, place: int) -> int:
        return self.sentences if place < self.full else self.fewer


@dataclass(frozen=True, slots=True)
class EntryForm:
    """Both parts of an entry; ``paper``, ``day`` and ``stars`` are what they were made of."""

    html: Form
    text: Form
    paper: Paper
    day: date
    stars: int | None

    def holds(self, entry: Entry, paper: Paper) -> bool:
        same = self.paper is paper or self.paper == paper
        return same and self.day == entry.day and self.stars == entry.code_stars


class EntryForms:
    """Remembers forms. What is remembered changes no byte: a paper that reads otherwise is made anew."""

    def __init__(self, kept: int = FORMS_KEPT) -> None:
        self._kept = kept
        self._forms: dict[tuple[str, Mark, int, int], EntryForm] = {}

    def full(self, entry: Entry, paper: Paper, sentences: int) -> EntryForm:
        """Slots ``score``, ``why``, ``feedback`` twice in HTML; ``why``, ``feedback`` twice in text."""
        key = (entry.paper_id, entry.mark, entry.upvotes, sentences)
        known = self._forms.get(key)
        if known is None or not known.holds(entry, paper):
            known = _made("entry", ("score", "why", "feedback"), entry, paper, _full(entry, paper, sentences))
            if len(self._forms) >= self._kept:
                self._forms.clear()
            self._forms[key] = known
        return known

    def bare(self, entry: Entry, paper: Paper) -> EntryForm:
        """Slots ``score`` and ``why`` alone."""
        values = {"url": lines.paper_url(paper.id), "title": clip_bytes(lines.title(paper), BARE)}
        return _made("bare", ("score", "why"), entry, paper, values | {"mark": lines.mark_word(entry)})


def _made(
    template: str, slots: tuple[str, ...], entry: Entry, paper: Paper, values: dict[str, Any]
) -> EntryForm:
    html, text = (form(f"{template}.{kind}", *slots, **values) for kind in ("html", "txt"))
    return EntryForm(html, text, paper, entry.day, entry.code_stars)


def _full(entry: Entry, paper: Paper, sentences: int) -> dict[str, Any]:
    return {
        "id": lines.paper_path(paper.id),
        "url": lines.paper_url(paper.id),
        "title": lines.title(paper),
        "byline": lines.byline(paper),
        "mark": lines.mark_word(entry),
        "votes": lines.votes(entry),
        "excerpt": lines.excerpt(paper, sentences),
        "links": lines.paper_links(paper, entry.code_stars),
    }
