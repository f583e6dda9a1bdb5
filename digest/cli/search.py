"""``digest search WORDS``: free text over the whole store."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import JSON, Day

if TYPE_CHECKING:
    from digest.store.search import Found


@click.command(help='Find stored papers: words, "exact phrases", prefix*, author:NAME, org:NAME.')
@click.argument("words", nargs=-1, required=True)
@click.option("--since", type=Day(), help="Only papers on a day from here on.")
@click.option("--until", type=Day(), help="Only papers on a day up to here.")
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    words: tuple[str, ...],
    since: date | None,
    until: date | None,
    limit: int,
    as_json: bool,  # noqa: FBT001  Click calls it
) -> None:
    """Print what matches, best first (BM25; a hit in the title counts three times)."""
    from digest.readable import readable
    from digest.store.database import reading
    from digest.store.search import Span, find

    with house_of(ctx, logs=False) as house, reading(house.engine) as session:
        found = find(session, _query(words), span=Span(since, until), limit=limit)
    if as_json:
        print_json([_shown(one) for one in found])
        return
    for one in found:
        click.echo(
            f"{one.paper.id:<11} {one.day or '–'!s:<10} {one.upvotes:>4} ▲  {readable(one.paper.title)}"
        )
    if not found:
        say(ctx, "nothing found; `digest stats` says what the store holds")


def _query(words: tuple[str, ...]) -> str:
    """The words as one query: what the shell kept together stays a phrase."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    if " " not in word or '"' in word:
        return word
    field, mark, rest = word.partition(":")
    return f'{field}:"{rest}"' if mark and " " not in field else f'"{word}"'


def _shown(found: Found) -> dict[str, Any]:
    paper = found.paper
    return {
        "id": paper.id,
        "title": paper.title,
        "authors": list(paper.authors),
        "organisation": paper.organisation.title if paper.organisation else None,
        "day": found.day,
        "upvotes": found.upvotes,
        "score": round(found.score, 4),
    }
