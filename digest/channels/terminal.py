"""The same digest for a terminal, drawn with Rich: for ``digest preview`` and ``digest demo``."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.text import Text

from digest.account_wording import account_line
from digest.channels import lines
from digest.model import Digest, Entry, Paper, Sheet
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
    digest = sheet.digest
    yield Text(lines.subject(sheet), style="bold")
    yield Text(lines.summary(digest), style=QUIET)
    opening = lines.intro(digest) if digest.entries else lines.empty_line(digest)
    if opening:
        yield Padding(Text(opening), (1, 0, 0, 0))
    if not digest.entries:
        yield from _misses(digest)
    for section in digest.sections:
        if section.entries:
            yield Text("")
            yield Rule(Text(lines.section_line(section), style="bold cyan"), align="left", style=QUIET)
            for entry in section.entries:
                yield from _entry(entry, sheet.papers[entry.paper_id], sentences)
    yield from _foot(digest)


def _entry(entry: Entry, paper: Paper, sentences: int) -> Iterator[RenderableType]:
    url = lines.paper_url(paper.id)
    yield Text("")
    yield Text(lines.title(paper), style=Style(bold=True, link=url))
    under = " · ".join(part for part in (lines.mark_word(entry), lines.byline(paper)) if part)
    if under:
        yield _indented(Text(under, style=QUIET))
    yield _indented(Text.assemble((lines.score_word(entry), "green"), " · ", lines.why(entry)))
    told = lines.excerpt(paper, sentences)
    if told.text:
        origin = (f"{told.origin}: ", "italic") if told.origin else ""
        yield _indented(Text.assemble(origin, told.text))
    yield _indented(Text(" · ".join((url, *_places(paper, entry), lines.votes(entry))), style=QUIET))


def _places(paper: Paper, entry: Entry) -> Iterator[str]:
    for link in lines.paper_links(paper, entry.code_stars):
        if link.name == "Code":
            yield f"{link.url} {link.note}".strip()


def _misses(digest: Digest) -> Iterator[RenderableType]:
    for miss in digest.account.near_misses:
        yield Text("")
        title = readable(miss.title) or clean(miss.paper_id)
        yield Text(title, style=Style(bold=True, link=lines.paper_url(miss.paper_id)))
        yield _indented(Text(f"{points(miss.score)} points, the bar is {points(miss.bar)}"))


def _foot(digest: Digest) -> Iterator[RenderableType]:
    yield Text("")
    yield Rule(style=QUIET)
    yield Text(clean(account_line(digest.account, digest.timezone)))
    for section in digest.sections:
        yield Text(lines.profile_line(section), style=QUIET)
    following = lines.next_line(digest)
    if following:
        yield Text(following, style=QUIET)


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2))
