"""The same digest for a terminal, drawn with Rich: for ``digest preview`` and ``digest demo``."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.text import Text

from digest.channels import lines
from digest.channels.lines import Told, ToldEntry
from digest.model import Entry, NearMiss, Paper, Sheet
from digest.readable import clean, readable
from digest.wording import points

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
        yield Rule(Text(section.name, style="bold cyan"), align="left", style=QUIET)
        for one in section.entries:
            yield from _entry(one, sentences)
    yield from _foot(told)


def _entry(told: ToldEntry, sentences: int) -> Iterator[RenderableType]:
    entry, paper = told.entry, told.paper
    url = lines.paper_url(paper.id)
    yield Text("")
    yield Text(lines.title(paper), style=Style(bold=True, link=url))
    under = " · ".join(part for part in (lines.mark_word(entry), lines.byline(paper)) if part)
    if under:
        yield _indented(Text(under, style=QUIET))
    yield _indented(Text.assemble((told.score, "green"), " · ", told.why))
    opening = lines.excerpt(paper, sentences)
    if opening.text:
        origin = (f"{opening.origin}: ", "italic") if opening.origin else ""
        yield _indented(Text.assemble(origin, opening.text))
    yield _indented(Text(" · ".join((url, *_places(paper, entry), lines.votes(entry))), style=QUIET))


def _places(paper: Paper, entry: Entry) -> Iterator[str]:
    for link in lines.paper_links(paper, entry.code_stars):
        if link.name == "Code":
            yield f"{link.url} {link.note}".strip()


def _near_miss(miss: NearMiss) -> Iterator[RenderableType]:
    title = readable(miss.title) or clean(miss.paper_id)
    yield Text("")
    yield Text(title, style=Style(bold=True, link=lines.paper_url(miss.paper_id)))
    yield _indented(Text(f"{points(miss.score)} points, the bar is {points(miss.bar)}"))


def _foot(told: Told) -> Iterator[RenderableType]:
    yield Text("")
    yield Rule(style=QUIET)
    yield Text(told.account)
    for line in (*told.profiles, told.next):
        if line:
            yield Text(line, style=QUIET)


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2))
