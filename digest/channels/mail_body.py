"""The two parts of a digest mail, filled in side by side for one subscriber. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from digest.account_wording import plural
from digest.channels import digest_lines, entry_lines, paper_lines
from digest.channels.entry_forms import BARE, Detail, EntryForms
from digest.channels.lines import Told, ToldEntry
from digest.channels.quoted import quoted, quoted_often
from digest.channels.reason_pieces import GUTTER, figures, gutter, reasons
from digest.channels.stationery import (
    form,
    hang,
    html_address,
    html_profile,
    html_words,
    plain_words,
    stylesheet,
)
from digest.model import Links, NearMiss
from digest.readable import clean, clip, clip_bytes, readable
from digest.wording import points

OFTEN = 4_096
"""Words of the frame that many mails share (a day, a summary, an account), remembered in each part."""

CLOSEST = "These came closest"
"""A heading: the titles below it are headings of the next level."""


class Hand(NamedTuple):
    """How a part is written: its words, profiles, titles beside a score, scores, and addresses."""

    words: Callable[[str], bytes]
    profile: Callable[[str], bytes]
    title: Callable[[str], bytes]
    score: Callable[[str], bytes]
    address: Callable[[str], bytes]


HTML = Hand(html_words, html_profile, html_words, quoted_often, html_address)
TEXT = Hand(plain_words, plain_words, lambda text: quoted(hang(text, GUTTER)), gutter, quoted)


class Frame:
    """What surrounds the entries in one part: its forms, and how words and addresses enter them."""

    def __init__(self, kind: str, hand: Hand, postal: str) -> None:
        self.words, self.profile, self.title, self.score, self.address = hand
        self._often = lru_cache(maxsize=OFTEN)(hand.words)
        whole = form(
            f"frame.{kind}",
            *("preheader", "day", "summary", "body", "account", "profiles", "next"),
            *("page", "preferences", "pause", "unsubscribe"),
            postal=clean(postal, 400),
            head_css=stylesheet("head.css"),
        )
        self._above, self._below = whole.cut("body")
        self._shows_preheader = "preheader" in whole.names
        self._section = form(f"section.{kind}", "name", "count")
        self._paragraph = form(f"paragraph.{kind}", "text")
        self._small = form(f"small.{kind}", "text")
        self._miss = form(f"miss.{kind}", "title", "score", "bar", "url")

    def above(self, told: Told, addresses: dict[str, bytes]) -> bytes:
        """What stands above the body."""
        values = {
            "preheader": self.words(told.preheader) if self._shows_preheader else b"",
            "day": self._often(told.day),
            "summary": self._often(told.summary),
        }
        return self._above.fill(values | addresses)

    def below(self, told: Told, addresses: dict[str, bytes]) -> bytes:
        """What stands below the body."""
        values = {
            "account": self._often(told.account),
            "profiles": b"".join([self._small.fill({"text": self.profile(line)}) for line in told.profiles]),
            "next": self._often(told.next),
        }
        return self._below.fill(values | addresses)

    def addresses(self, links: Links) -> dict[str, bytes]:
        """The frame's own links, encoded."""
        address = self.address
        return {
            "page": address(links.digest_page),
            "preferences": address(links.preferences),
            "pause": address(links.pause),
            "unsubscribe": address(links.unsubscribe),
        }

    def opening(self, told: Told) -> list[bytes]:
        """The sentence of a digest that is no ordinary one, and the nearest misses of an empty one."""
        opening = [self._paragraph.fill({"text": self._often(told.opening)})] if told.opening else []
        if not told.misses:
            return opening
        count = plural(len(told.misses), "paper")
        return [*opening, self.section(CLOSEST, count), *(self._near_miss(miss) for miss in told.misses)]

    def section(self, name: str, count: str) -> bytes:
        return self._section.fill({"name": self._often(name), "count": quoted_often(count)})

    def _near_miss(self, miss: NearMiss) -> bytes:
        title = clip(readable(miss.title[:4_000]), paper_lines.MAX_TITLE) or clean(miss.paper_id, 64)
        values = {
            "title": self.title(title),
            "score": self.score(points(miss.score)),
            "bar": quoted(digest_lines.miss_line(miss)),
            "url": self.address(paper_lines.paper_url(miss.paper_id)),
        }
        return self._miss.fill(values)


def is_plain(links: Links) -> bool:
    """Whether no link of the frame holds a character that HTML would escape: ours never do."""
    joined = links.digest_page + links.preferences + links.pause + links.unsubscribe
    return not ("&" in joined or '"' in joined or "<" in joined or ">" in joined)


class MailBody:
    """Renders both parts of mails from forms that are shared by all readers."""

    def __init__(self, postal_address: str) -> None:
        self._html = Frame("html", HTML, postal_address)
        self._text = Frame("txt", TEXT, postal_address)
        self._forms = EntryForms()

    def render(self, told: Told, links: Links, detail: Detail) -> tuple[list[bytes], list[bytes]]:
        """Plain text and HTML, encoded: the pieces of each."""
        plain = self._text.addresses(links)
        marked = plain if is_plain(links) else self._html.addresses(links)
        text = [self._text.above(told, plain), *self._text.opening(told)]
        html = [self._html.above(told, marked), *self._html.opening(told)]
        fill = self._bare if detail.bare else self._full
        feedback = quoted(links.feedback)
        place = 0
        for section in told.sections:
            text.append(self._text.section(section.name, section.count))
            html.append(self._html.section(section.name, section.count))
            for one in section.entries:
                fill(one, feedback, detail.of(place), text, html)
                place += 1
        text.append(self._text.below(told, plain))
        html.append(self._html.below(told, marked))
        return text, html

    def _full(
        self, told: ToldEntry, feedback: bytes, sentences: int, text: list[bytes], html: list[bytes]
    ) -> None:
        """Fill in one entry: the hot path of a day's sending, hence by position."""
        entry, paper = told
        value, grounds = entry.score
        made = self._forms.full(entry, paper, sentences)
        score, beside = figures(value)
        marked, plain = reasons(grounds, entry_lines.also(entry) if entry.also_in else "")
        one, two, three, four, five = made.html.pieces
        html += (one, score, two, marked, three, feedback, four, feedback, five)
        one, two, three, four, five = made.text.pieces
        text += (one, beside, two, plain, three, feedback, four, feedback, five)

    def _bare(
        self,
        told: ToldEntry,
        feedback: bytes,  # noqa: ARG002  one shape with _full
        sentences: int,  # noqa: ARG002
        text: list[bytes],
        html: list[bytes],
    ) -> None:
        entry, paper = told
        made = self._forms.bare(entry, paper)
        why = clip_bytes(entry_lines.why(entry), BARE)
        score = entry_lines.figure(entry)
        html.append(made.html.fill({"score": quoted(f"{score} points"), "why": html_words(why)}))
        text.append(made.text.fill({"score": gutter(score), "why": plain_words(why, " " * GUTTER)}))
