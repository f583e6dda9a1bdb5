"""Papers as pages show them. Pure: listings and papers in, plain values out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from digest.channels import entry_lines, paper_lines
from digest.channels.paper_lines import Link
from digest.model import Entry, Listing, Observation, Paper
from digest.readable import readable

SENTENCES = 2
REMEMBERED = 1_000
"""Papers whose words are kept ready: some days, a few kB each; making them readable is most of a page."""


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper as it stands in a list or on its own page."""

    id: str
    path: str
    title: str
    byline: str
    text: str
    origin: str
    published: date | None
    upvotes: int
    links: tuple[Link, ...]
    day: date | None = None
    mark: str = ""
    score: str = ""
    why: str = ""


def listed(listing: Listing, paper: Paper) -> PaperView:
    """A paper on a day's page."""
    return view(paper, listing.upvotes, day=listing.day)


def view(paper: Paper, upvotes: int, *, day: date | None = None, sentences: int = SENTENCES) -> PaperView:
    """A paper with its counts; ``sentences`` of the abstract."""
    return replace(_said(paper, sentences), upvotes=upvotes, day=day)


@lru_cache(maxsize=REMEMBERED)
def _said(paper: Paper, sentences: int) -> PaperView:
    """What a page says of a paper to everybody, without its counts. A paper that changed is another value."""
    said = paper_lines.excerpt(paper, sentences)
    source = Link("Hugging Face", paper_lines.paper_url(paper.id))
    return PaperView(
        id=paper.id,
        path=f"/paper/{paper_lines.paper_path(paper.id)}",
        title=paper_lines.title(paper),
        byline=paper_lines.byline(paper),
        text=said.text,
        origin=said.origin,
        published=paper.published_at.date() if paper.published_at else None,
        upvotes=0,
        links=(source, *paper_lines.paper_links(paper, paper.code_stars)),
    )


def whole(paper: Paper, upvotes: int) -> PaperView:
    """A paper with its whole abstract."""
    short = view(paper, upvotes, sentences=1)
    text = readable(paper.abstract)
    return replace(short, text=text, origin="") if text else short


def entry_view(entry: Entry, paper: Paper) -> PaperView:
    """A paper as a digest chose it, with its reasons."""
    return replace(
        view(paper, entry.upvotes, day=entry.day),
        mark=entry_lines.mark_word(entry),
        score=entry_lines.score_word(entry),
        why=entry_lines.why(entry),
    )


def listed_all(listings: Sequence[Listing], papers: Mapping[str, Paper]) -> list[PaperView]:
    """A day's papers, in the order of the listings."""
    return [listed(one, papers[one.paper_id]) for one in listings if one.paper_id in papers]


# --- votes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Curve:
    """Upvotes over time, ready to be drawn: points in a box of ``WIDTH`` × ``HEIGHT``."""

    points: str
    first: datetime
    last: datetime
    least: int
    most: int


WIDTH, HEIGHT = 600, 120


def curve(history: Sequence[Observation]) -> Curve | None:
    """A line through the observations; nothing where there are fewer than two moments."""
    if len(history) < 2:
        return None
    first, last = history[0].observed_at, history[-1].observed_at
    span = (last - first).total_seconds()
    most = max(max(one.upvotes for one in history), 1)
    if span <= 0:
        return None
    points = (
        f"{(one.observed_at - first).total_seconds() / span * WIDTH:.1f},"
        f"{HEIGHT - one.upvotes / most * HEIGHT:.1f}"
        for one in history
    )
    return Curve(" ".join(points), first, last, min(one.upvotes for one in history), most)


def best_first(listings: Iterable[Listing]) -> list[Listing]:
    """One listing per paper, that with the most upvotes; most upvotes first, ties by id."""
    best: dict[str, Listing] = {}
    for one in listings:
        known = best.get(one.paper_id)
        if known is None or one.upvotes > known.upvotes:
            best[one.paper_id] = one
    return sorted(best.values(), key=lambda one: (-one.upvotes, one.paper_id))
