"""The same digest for a terminal, drawn with Rich: for ``digest preview`` and ``digest demo``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from digest.channels import digest_lines, entry_lines, lines, paper_lines
from digest.channels.lines import Told, ToldEntry
from digest.channels.reason_pieces import GUTTER, LABEL, POINTS
from digest.model import Entry, NearMiss, Paper, Sheet
from digest.readable import clean, readable
from digest.wording import points, reason_groups

MAX_WIDTH = 92
QUIET = "dim"


def draw(sheet: Sheet, console: Console, *, sentences: int = 2) -> None:
    """Print the digest. Without a terminal Rich leaves out colours and links by itself."""
    console.print(view(sheet, sentences=sentences), width=min(console.width, MAX_WIDTH), highlight=False)


def view(sheet: Sheet, *, sentences: int = 2) -> RenderableType:
    """The digest as something Rich can print. What comes from papers is text, never Rich's mark-up."""
    return Group(*_pieces(sheet, sentences))


def _pieces(sheet: Sheet, sentences: int) -> Iterator[RenderableType]:
    told = lines.tell(sheet)
    yield Text(told.subject, style="bold")
    yield Text(told.summary, style=QUIET)
    if told.opening:
        yield Padding(Text(told.opening), (1, 0, 0, 0))
    for miss in told.misses:
        yield from _near_miss(miss)
    for section in told.sections:
        yield Text("")
        heading = Text.assemble((section.name, "bold cyan"), " · ", section.count)
        yield Rule(heading, align="left", style=QUIET)
        for one in section.entries:
            yield from _entry(one, sentences)
    yield from _foot(told)


def _entry(told: ToldEntry, sentences: int) -> Iterator[RenderableType]:
    entry, paper = told
    yield Text("")
    yield _titled(entry_lines.figure(entry), paper_lines.title(paper), paper_lines.paper_url(paper.id))
    under = _under(entry, paper)
    if under.plain:
        yield _indented(under)
    opening = paper_lines.excerpt(paper, sentences)
    if opening.text:
        origin = (f"{opening.origin}: ", "italic") if opening.origin else ""
        yield Padding(Text.assemble(origin, opening.text), (1, 0, 0, GUTTER), expand=False)
    yield Text("")
    yield _labelled((("Why" if n == 0 else "", why) for n, why in enumerate(_reasons(entry))))
    yield _labelled(_places(paper, entry))


def _titled(score: str, title: str, url: str) -> RenderableType:
    """The score in the gutter, the title beside it."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", width=GUTTER - 2)
    grid.add_column()
    grid.add_row(Text(score, style="bold green"), Text(title, style=Style(bold=True, link=url)))
    return grid


def _under(entry: Entry, paper: Paper) -> Text:
    """``Late from Thu 19 Nov · Ada Lovelace · NVIDIA``."""
    label, since = entry_lines.mark_label(entry)
    byline = paper_lines.byline(paper)
    between = " · " if label and byline else ""
    return Text.assemble((label, "yellow"), f" {since}" if since else "", between, byline, style=QUIET)


def _reasons(entry: Entry) -> Iterator[Text]:
    for group in reason_groups(entry.score):
        note = f" ({clean(group.note, 2_000)})" if group.note else ""
        yield Text.assemble(
            (group.points.rjust(POINTS - 2) + "  ", "green"), clean(group.subject, 2_000), (note, QUIET)
        )
    also = entry_lines.also(entry)
    if also:
        yield Text(" " * POINTS + also, style=QUIET)


def _places(paper: Paper, entry: Entry) -> Iterator[tuple[str, Text]]:
    yield "Paper", Text(paper_lines.paper_url(paper.id), style=QUIET)
    for link in paper_lines.paper_links(paper, entry.code_stars):
        if link.name == "Code":
            yield link.name, Text(f"{link.url} {link.note}".strip(), style=QUIET)
    yield "Votes", Text(str(entry.upvotes), style=QUIET)


def _labelled(rows: Iterable[tuple[str, Text]]) -> RenderableType:
    """Lines with a quiet label before each, in the column of the title."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style=QUIET, width=LABEL - 2)
    grid.add_column(overflow="fold")
    for label, text in rows:
        grid.add_row(label, text)
    return _indented(grid)


def _near_miss(miss: NearMiss) -> Iterator[RenderableType]:
    title = readable(miss.title) or clean(miss.paper_id)
    yield Text("")
    yield _titled(points(miss.score), title, paper_lines.paper_url(miss.paper_id))
    yield _indented(Text(digest_lines.miss_line(miss), style=QUIET))


def _foot(told: Told) -> Iterator[RenderableType]:
    yield Text("")
    yield Rule(style=QUIET)
    yield Text(told.account)
    for line in (*told.profiles, told.next):
        if line:
            yield Text(line, style=QUIET)


def _indented(shown: RenderableType) -> Padding:
    return Padding(shown, (0, 0, 0, GUTTER), expand=False)
