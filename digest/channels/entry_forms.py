"""Entries as forms: a paper is put into HTML and plain text once, and filled in for each reader. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from digest.channels import entry_lines, paper_lines
from digest.channels.quoted import Form
from digest.channels.stationery import form
from digest.model import Entry, Mark, Paper
from digest.readable import clip_bytes

FORMS_KEPT = 20_000
"""Entries whose forms are remembered: a week's papers in every mark, vote count and detail."""

COMPACT = -1
"""Stands for a number of sentences: an entry without them, set more closely."""

BARE = 90
"""Bytes of a title and of a reason in the last resort."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told of each entry, so that the largest digest still fits.

    The first ``full`` entries have ``sentences`` of their abstract, the others ``fewer``; ``COMPACT``
    stands for none, and for all links in one line. ``bare`` is the last resort for hostile papers: a title
    and a reason of at most ``BARE`` bytes, and one link.
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
        """Slots ``score``, ``why`` and ``feedback`` twice, in this order, in both parts."""
        key = (entry.paper_id, entry.mark, entry.upvotes, sentences)
        known = self._forms.get(key)
        if known is None or not known.holds(entry, paper):
            known = _made(("score", "why", "feedback"), entry, paper, sentences)
            if len(self._forms) >= self._kept:
                self._forms.clear()
            self._forms[key] = known
        return known

    def bare(self, entry: Entry, paper: Paper) -> EntryForm:
        """Slots ``score`` and ``why`` alone."""
        values = {
            "url": paper_lines.paper_url(paper.id),
            "title": clip_bytes(paper_lines.title(paper), BARE),
            "mark": entry_lines.mark_word(entry),
        }
        html, text = (form(f"bare.{kind}", "score", "why", **values) for kind in ("html", "txt"))
        return EntryForm(html, text, paper, entry.day, entry.code_stars)


def _made(slots: tuple[str, ...], entry: Entry, paper: Paper, sentences: int) -> EntryForm:
    values = entry_values(entry, paper, sentences)
    html = form("compact.html" if sentences == COMPACT else "entry.html", *slots, **values)
    return EntryForm(html, form("entry.txt", *slots, **values), paper, entry.day, entry.code_stars)


def entry_values(entry: Entry, paper: Paper, sentences: int) -> dict[str, Any]:
    """What the templates of an entry are told that is the same for all its readers."""
    mark, since = entry_lines.mark_label(entry)
    return {
        "id": paper_lines.paper_path(paper.id),
        "url": paper_lines.paper_url(paper.id),
        "title": paper_lines.title(paper),
        "byline": paper_lines.byline(paper),
        "mark": mark,
        "since": since,
        "votes": entry_lines.votes(entry),
        "excerpt": paper_lines.excerpt(paper, sentences),
        "links": paper_lines.paper_links(paper, entry.code_stars),
    }
