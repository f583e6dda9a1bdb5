"""One part of a mail, HTML or plain: forms for the frame and for papers, filled for a subscriber. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from digest.account_wording import account_line
from digest.channels import lines
from digest.channels.quoted import Form, quoted
from digest.channels.stationery import form, html_words, stylesheet, wrap
from digest.model import Digest, Entry, Mark, Paper, Sheet
from digest.readable import clean, clip, clip_bytes, readable
from digest.wording import points

Kind = Literal["html", "txt"]

FORMS_KEPT = 20_000
"""Entries whose forms are remembered: a week's papers in every mark, vote count and detail."""

PROFILES_SHOWN = 10
MAX_ACCOUNT = 2_000


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told of each entry, so that the largest digest still fits.

    The first ``full`` entries have ``sentences`` of their abstract, the others ``fewer``. ``bare`` is the
    last resort for hostile papers: a title and a reason of at most ``BARE`` bytes and one link.
    """

    sentences: int
    fewer: int
    full: int = 10
    bare: bool = False

    def of(self, place: int) -> int:
        return self.sentences if place < self.full else self.fewer


BARE = 90

_Key = tuple[str, Mark, object, int, int | None, int, bool]


def words_of(kind: Kind) -> Callable[[str], bytes]:
    """How a subscriber's own text enters a slot: escaped or wrapped, then encoded."""
    return html_words if kind == "html" else lambda text: quoted(wrap(text))


class Part:
    """Renders one part of mails. Forms are remembered per paper; what is remembered changes no byte."""

    def __init__(self, kind: Kind, postal_address: str) -> None:
        self._kind = kind
        self._words = words_of(kind)
        self._frame = form(
            f"frame.{kind}",
            *("title", "preheader", "day", "summary", "body", "account", "profiles", "next"),
            *("page", "preferences", "pause", "unsubscribe"),
            postal=clean(postal_address, 400),
            head_css=stylesheet("head.css"),
        )
        self._section = form(f"section.{kind}", "name")
        self._paragraph = form(f"paragraph.{kind}", "text")
        self._small = form(f"small.{kind}", "text")
        self._miss = form(f"miss.{kind}", "title", "score", "url")
        self._entries: dict[_Key, tuple[Paper, Form]] = {}

    def render(self, sheet: Sheet, detail: Detail) -> bytes:
        """The encoded part."""
        digest, words = sheet.digest, self._words
        account = clip(clean(account_line(digest.account, digest.timezone), MAX_ACCOUNT * 2), MAX_ACCOUNT)
        return self._frame.fill(
            {
                b"title": words(f"Daily Papers, {lines.masthead_day(digest.slot)}"),
                b"preheader": words(lines.preheader(sheet)),
                b"day": words(lines.masthead_day(digest.slot)),
                b"summary": words(lines.summary(digest)),
                b"body": b"".join(self._body(sheet, detail)),
                b"account": words(account),
                b"profiles": b"".join(self._profiles(digest)),
                b"next": words(lines.next_line(digest)),
                b"page": words(sheet.links.digest_page),
                b"preferences": words(sheet.links.preferences),
                b"pause": words(sheet.links.pause),
                b"unsubscribe": words(sheet.links.unsubscribe),
            }
        )

    def _body(self, sheet: Sheet, detail: Detail) -> Iterator[bytes]:
        digest = sheet.digest
        intro = lines.intro(digest) if digest.entries else lines.empty_line(digest)
        if intro:
            yield self._paragraph.fill({b"text": self._words(intro)})
        if not digest.entries:
            yield from self._misses(digest)
        feedback = quoted(sheet.links.feedback)
        sections = [section for section in digest.sections if section.entries]
        place = 0
        for section in sections:
            yield self._section.fill({b"name": self._words(lines.section_line(section))})
            for entry in section.entries:
                yield self._entry(entry, sheet.papers[entry.paper_id], feedback, place, detail)
                place += 1

    def _entry(self, entry: Entry, paper: Paper, feedback: bytes, place: int, detail: Detail) -> bytes:
        score, why = lines.score_word(entry), lines.why(entry)
        if detail.bare:
            why = clip_bytes(why, BARE)
        told = self._words(why) if self._kind == "html" else quoted(wrap(f"{score} · {why}", "  "))
        return self._entry_form(entry, paper, detail.of(place), bare=detail.bare).fill(
            {b"score": quoted(score), b"why": told, b"feedback": feedback}
        )

    def _entry_form(self, entry: Entry, paper: Paper, sentences: int, *, bare: bool) -> Form:
        key = (paper.id, entry.mark, entry.day, entry.upvotes, entry.code_stars, sentences, bare)
        known = self._entries.get(key)
        if known is not None and (known[0] is paper or known[0] == paper):
            return known[1]
        made = self._bare_form(entry, paper) if bare else self._full_form(entry, paper, sentences)
        if len(self._entries) >= FORMS_KEPT:
            self._entries.clear()
        self._entries[key] = (paper, made)
        return made

    def _full_form(self, entry: Entry, paper: Paper, sentences: int) -> Form:
        return form(
            f"entry.{self._kind}",
            *("score", "why", "feedback"),
            id=lines.paper_path(paper.id),
            url=lines.paper_url(paper.id),
            title=lines.title(paper),
            byline=lines.byline(paper),
            mark=lines.mark_word(entry),
            votes=lines.votes(entry),
            excerpt=lines.excerpt(paper, sentences),
            links=lines.paper_links(paper, entry.code_stars),
        )

    def _bare_form(self, entry: Entry, paper: Paper) -> Form:
        return form(
            f"bare.{self._kind}",
            *("score", "why"),
            url=lines.paper_url(paper.id),
            title=clip_bytes(lines.title(paper), BARE),
            mark=lines.mark_word(entry),
        )

    def _misses(self, digest: Digest) -> Iterator[bytes]:
        misses = digest.account.near_misses
        if misses:
            yield self._paragraph.fill({b"text": self._words("These came closest:")})
        for miss in misses:
            yield self._miss.fill(
                {
                    b"title": self._words(
                        clip(readable(miss.title), lines.MAX_TITLE) or clean(miss.paper_id, 64)
                    ),
                    b"score": self._words(f"{points(miss.score)} points, the bar is {points(miss.bar)}"),
                    b"url": quoted(lines.paper_url(miss.paper_id)),
                }
            )

    def _profiles(self, digest: Digest) -> Iterator[bytes]:
        for section in digest.sections[:PROFILES_SHOWN]:
            yield self._small.fill({b"text": self._words(lines.profile_line(section))})
        more = len(digest.sections) - PROFILES_SHOWN
        if more > 0:
            yield self._small.fill({b"text": self._words(f"and {more} more profiles")})
