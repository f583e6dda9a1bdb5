"""Lays a digest out for Slack: a parent that sums up and accounts, the papers below it or as a thread.

Split at paper borders so that no message passes Slack's limits. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from digest.account_wording import account_line, plural, summary_line
from digest.channels import digest_lines, paper_lines
from digest.channels.slack_entry import Style, entry_blocks, plain_entry, title_link
from digest.channels.slack_parts import Body, Part
from digest.channels.slack_text import (
    MAX_BLOCKS,
    MAX_MESSAGE,
    Block,
    bold,
    clean,
    context,
    cut,
    escape,
    header,
    link,
    section,
    width,
)
from digest.model import Account, Digest, Paper, Section, Sheet
from digest.wording import points

Layout = Literal["auto", "always", "never"]

SHORT = 5
"""Up to so many papers stand in the parent itself when the layout is ``auto``."""

TEASERS = 3
MAX_TEXT = 600
MAX_ACCOUNT = 1000
MAX_PLAIN = 3900
"""Slack advises 4,000 characters for a text without blocks."""


@dataclass(frozen=True, slots=True)
class Group:
    """What must stay in one message: its blocks, and the same in plain lines."""

    blocks: tuple[Block, ...]
    lines: tuple[str, ...] = ()

    def __add__(self, other: Group) -> Group:
        return Group(self.blocks + other.blocks, self.lines + other.lines)

    @property
    def fits(self) -> bool:
        return len(self.blocks) <= MAX_BLOCKS and _size(self.blocks) <= MAX_MESSAGE


def lay_out(sheet: Sheet, layout: Layout, style: Style) -> Body:
    """All parts of a digest. The first stands alone; the others are its thread."""
    papers = list(_papers(sheet, style))
    inline = layout == "never" or (layout == "auto" and len(papers) <= SHORT)
    if inline or not papers:
        packed = _pack([_top(sheet), *papers, _foot(sheet)])
    else:
        packed = [_parent(sheet), *_pack(papers)]
    parts = [_part(sheet, group, index, len(packed) - 1) for index, group in enumerate(packed)]
    return Body(sheet.message_id, int(sheet.message_date.timestamp()), tuple(parts))


def _size(blocks: tuple[Block, ...]) -> int:
    return width(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def _pack(groups: Iterable[Group]) -> list[Group]:
    """Fill messages with whole groups, in order."""
    packed: list[Group] = []
    for group in groups:
        if packed and (packed[-1] + group).fits:
            packed[-1] += group
        else:
            packed.append(group)
    return packed


def _papers(sheet: Sheet, style: Style) -> Iterator[Group]:
    """A group per paper; the first of a section has the section's name above it."""
    sections = [found for found in sheet.digest.sections if found.entries]
    for found in sections:
        head = Group((_section_name(found),)) if len(sections) > 1 else Group(())
        for entry in found.entries:
            paper = sheet.papers[entry.paper_id]
            blocks = entry_blocks(entry, paper, sheet.links, sheet.digest.id, style)
            yield head + Group(tuple(blocks), (plain_entry(entry, paper),))
            head = Group(())


def _section_name(found: Section) -> Block:
    return header(f"{found.profile_name} · {plural(len(found.entries), 'paper')}")


def _title(digest: Digest) -> str:
    return f"Daily Papers · {digest_lines.span(digest)} {digest.slot.year}"


def _top(sheet: Sheet) -> Group:
    """Which days, what awaits the reader, and for an unusual digest why it is one."""
    digest = sheet.digest
    summary = cut(clean(summary_line(digest)), MAX_TEXT)
    told = digest_lines.intro(digest) if digest.entries else digest_lines.empty_line(digest)
    near = _near_misses(digest.account)
    blocks = [header(_title(digest)), section(bold(summary))]
    blocks += [section(text) for text in (cut(clean(told), MAX_TEXT), "\n".join(near)) if text]
    return Group(tuple(blocks), (*([cut(clean(told), MAX_TEXT)] if told else []), *near))


def _parent(sheet: Sheet) -> Group:
    first = sheet.digest.entries[:TEASERS]
    more = len(sheet.digest.entries) - len(first)
    listed = [
        f"• {title_link(sheet.papers[entry.paper_id])} ({points(entry.score.value)})" for entry in first
    ]
    told = [*listed, f"… and {more} more in the thread"] if more else listed
    return _top(sheet) + Group((section("\n".join(told)),), tuple(told)) + _foot(sheet)


def _near_misses(account: Account) -> list[str]:
    """An empty digest names what came closest."""
    if account.chosen or not account.near_misses:
        return []
    told = [
        f"• {title_link(Paper(miss.paper_id, miss.title))} ({digest_lines.miss_line(miss)})"
        for miss in account.near_misses
    ]
    return ["Closest to your bar:", *told]


def _foot(sheet: Sheet) -> Group:
    """The account, and the ways to change or end it."""
    account = cut(clean(account_line(sheet.digest.account, sheet.digest.timezone)), MAX_ACCOUNT)
    links = [
        link(sheet.links.digest_page, "On the web"),
        link(sheet.links.preferences, "Preferences"),
        link(sheet.links.pause, "Pause"),
        link(sheet.links.unsubscribe, "Unsubscribe"),
    ]
    upcoming = cut(clean(digest_lines.next_line(sheet.digest)), MAX_TEXT)
    told = tuple(text for text in (account, upcoming, " · ".join(links)) if text)
    return Group(tuple(context(line) for line in told), told)


def _part(sheet: Sheet, group: Group, index: int, last: int) -> Part:
    text = _text(sheet) if index == 0 else f"{escape(_title(sheet.digest))}, part {index} of {last}"
    return Part(text, _plain([text, *group.lines]), group.blocks)


def _text(sheet: Sheet) -> str:
    """What a notification or a screen reader says."""
    titles = [
        clean(paper_lines.title(sheet.papers[entry.paper_id])) for entry in sheet.digest.entries[:TEASERS]
    ]
    told = f"{_title(sheet.digest)}: {clean(summary_line(sheet.digest))}"
    return cut(f"{told} – {'; '.join(titles)}" if titles else told, MAX_TEXT)


def _plain(lines: list[str]) -> str:
    """Whole lines within Slack's advice for texts; what does not fit is counted."""
    room = MAX_PLAIN
    kept: list[str] = []
    for line in lines:
        room -= width(line) + 1
        if room < 0:
            return "\n".join([*kept, f"… and {len(lines) - len(kept)} more lines"])
        kept.append(line)
    return "\n".join(kept)
