"""``digest search WORDS``: free text over the whole store."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import JSON, Day

if TYPE_CHECKING:
    from digest.store.search import Found

_SIGNS = re.compile(r"^-\w|^(?:author|org|organisation):|\*$", re.IGNORECASE)
"""What tells a query from words to be found beside each other."""


@click.command(
    help='Find stored papers: words, "exact phrases", prefix*, author:NAME, org:NAME; '
    '"agents -survey" leaves surveys out.'
)
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
    if since and until and since > until:
        raise click.UsageError("--since is later than --until")
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
    """The words as one query. Plain words that the shell kept together are a phrase, a query stays one."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    more = word.split()[1:]
    if not more or '"' in word or any(_SIGNS.search(one) for one in more):
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
