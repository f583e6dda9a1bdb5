"""``digest paper ID``: everything the store knows of one paper."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json
from digest.cli.kinds import JSON, PaperId

if TYPE_CHECKING:
    from digest.model import Listing, Observation, Paper

WIDTH = 100
MOST_AUTHORS = 12


@click.command(help="Show a stored paper: text, listings, how its votes grew.")
@click.argument("wanted", metavar="ID", type=PaperId())
@JSON
@click.pass_context
def command(ctx: click.Context, wanted: str, as_json: bool) -> None:  # noqa: FBT001  Click calls it
    """Print one paper; its id may carry arXiv's prefix and version."""
    from digest.errors import NotFound
    from digest.store import listings, observations, papers
    from digest.store.database import reading

    with house_of(ctx, logs=False) as house, reading(house.engine) as session:
        paper = papers.load(session, [wanted]).get(wanted)
        if paper is None:
            raise NotFound(f"no paper {wanted} is stored", remedy="find papers with `digest search WORDS`")
        listed = listings.of_papers(session, [wanted])
        votes = observations.history(session, [wanted])[wanted]
    if as_json:
        print_json(_shown(paper, listed, votes))
        return
    for line in _lines(paper, listed, votes):
        click.echo(line)


def _lines(paper: Paper, listed: list[Listing], votes: list[Observation]) -> list[str]:
    more = len(paper.authors) - MOST_AUTHORS
    authors = ", ".join(paper.authors[:MOST_AUTHORS]) + (f" and {more} more" if more > 0 else "")
    lines = [paper.title, f"{paper.id}  revision {paper.revision}", *([authors] if authors else [])]
    if paper.organisation:
        lines.append(paper.organisation.title)
    lines += [f"https://huggingface.co/papers/{paper.id}", *filter(None, (paper.project_url, paper.code_url))]
    if not paper.complete:
        lines.append("incomplete: known from a card only")
    lines += ["", *textwrap.wrap(paper.abstract, WIDTH), ""] if paper.abstract else [""]
    lines += [f"{one.day} {one.day:%a}  {one.upvotes} upvotes, {one.comments} comments" for one in listed]
    return lines + [f"  {one.observed_at:%Y-%m-%d %H:%M}  {one.upvotes} upvotes" for one in votes]


def _shown(paper: Paper, listed: list[Listing], votes: list[Observation]) -> dict[str, Any]:
    organisation = paper.organisation
    return {
        "id": paper.id,
        "revision": paper.revision,
        "complete": paper.complete,
        "title": paper.title,
        "authors": list(paper.authors),
        "organisation": {"name": organisation.name, "title": organisation.title} if organisation else None,
        "abstract": paper.abstract,
        "published_at": paper.published_at.isoformat() if paper.published_at else None,
        "short_summary": paper.short_summary,
        "source_keywords": list(paper.source_keywords),
        "project_url": paper.project_url,
        "code_url": paper.code_url,
        "code_stars": paper.code_stars,
        "listings": [
            {"day": one.day, "upvotes": one.upvotes, "comments": one.comments, "silent": one.silent}
            for one in listed
        ],
        "votes": [{"at": one.observed_at.isoformat(), "upvotes": one.upvotes} for one in votes],
    }
