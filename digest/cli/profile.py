"""``digest profile test|suggest``: a profile on stored days before it is saved; keywords from examples."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, print_json
from digest.cli.kinds import JSON, Bar, Day, ProfileText
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.house import House
    from digest.model import Candidate, Paper, Profile


@click.group(help="Try a profile on stored days, or have one proposed.")
def command() -> None:
    """The group."""


@command.command(
    "test",
    short_help="Try a profile on stored days.",
    help="What PROFILE would have brought over stored days.",
    context_settings={"ignore_unknown_options": True},  # a profile may begin with what it excludes: -survey
)
@click.argument("profile", type=ProfileText())
@click.option(
    "--days",
    default=30,
    show_default=True,
    type=click.IntRange(1, 3650),
    help="Days back from the newest stored one.",
)
@click.option("--until", type=Day(), help="Days back from this one, or the newest stored before it.")
@click.option("--against", metavar="PROFILE", help="Another wording: show what it would change.")
@click.option("--bar", type=Bar(), help="Least score of an entry; the default of the settings.")
@JSON
@click.pass_context
def test(
    ctx: click.Context,
    profile: str,
    days: int,
    until: date | None,
    against: str | None,
    bar: float | None,
    as_json: bool,  # noqa: FBT001  Click calls it
) -> None:
    from digest.cli.profile_shown import effect_lines, lab_lines
    from digest.pipeline.situation import read_corpus
    from digest.ranking.lab import compare, try_profile
    from digest.ranking.memory import Memory

    now = utc_now()
    with house_of(ctx, logs=False) as house:
        least = house.settings.digest.bar if bar is None else bar
        most = house.settings.digest.limit
        tried = _profile(profile, least, most)
        other = None if against is None else _profile(against, least, most)
        papers = _stored(house, days, until)
        memory = Memory(read_corpus(house.engine, now=now))
    if other is None:
        lab = try_profile(papers, tried, memory, now=now)
        print_json(asdict(lab)) if as_json else click.echo("\n".join(lab_lines(lab)))
        return
    effect = compare(papers, tried, other, memory, now=now)
    print_json(asdict(effect)) if as_json else click.echo("\n".join(effect_lines(effect)))


@command.command(
    "suggest",
    short_help="Propose keywords from papers you like.",
    help="Propose keywords from EXAMPLES: arXiv ids, files of them, .bib, .ris or text files.",
)
@click.argument("examples", nargs=-1, required=True)
@click.pass_context
def suggest_command(ctx: click.Context, examples: tuple[str, ...]) -> None:
    from digest.errors import NotFound
    from digest.pipeline.situation import read_corpus
    from digest.ranking.language import format_profile
    from digest.ranking.suggest import suggest

    with house_of(ctx, logs=False) as house:
        papers = [paper for example in examples for paper in _examples(house, example)]
        corpus = read_corpus(house.engine, now=utc_now())
    proposed = suggest(papers, corpus)
    if not proposed:
        raise NotFound(
            "the examples say nothing that tells them from other papers",
            remedy="give arXiv ids, or some sentences on what you look for",
        )
    click.echo(format_profile(proposed))


def _profile(text: str, bar: float, limit: int) -> Profile:
    from digest.model import Profile
    from digest.ranking.language import parse_profile

    return Profile(0, 0, "tried", text, parse_profile(text), bar=bar, limit=limit)


def _stored(house: House, days: int, until: date | None) -> tuple[Candidate, ...]:
    """The papers of the last stored days. Raises ``NotFound`` where there are none to look through."""
    from digest.errors import NotFound
    from digest.pipeline.last_days import read_last_days

    found = read_last_days(house.engine, days, until=until).candidates(days)
    if not found:
        last = until or utc_now().date()
        backfill = f"`digest backfill {last - timedelta(days=days - 1)} {last}`"
        raise NotFound(
            "no papers are stored"
            + (f" for {until} or any day before it" if until else "")
            + ", so there is nothing to try a profile on",
            remedy=f"give a later day, or run {backfill}" if until else f"run {backfill} first",
        )
    return found


def _examples(house: House, example: str) -> list[Paper]:
    from digest.errors import NotFound
    from digest.ranking.suggest import ids_in, paper_of_text, papers_of_bibtex, papers_of_ris

    path = Path(example)
    kind = path.suffix.lower()
    if kind == ".bib":
        return papers_of_bibtex(_text(path))
    if kind == ".ris":
        return papers_of_ris(_text(path))
    if path.is_file():
        text = _text(path)
        listed = text.split()
        only_ids = listed and all(map(ids_in, listed))
        return _of_ids(house, ids_in(text)) if only_ids else [paper_of_text(text)]
    ids = ids_in(example)
    if not ids:
        raise NotFound(
            f"{example!r} is neither a file nor an arXiv id", remedy="give 2503.02130, or a .bib file"
        )
    return _of_ids(house, ids)


def _of_ids(house: House, ids: list[str]) -> list[Paper]:
    """The stored papers of these ids. Raises ``NotFound`` for any that is not stored."""
    from digest.errors import NotFound
    from digest.store import papers
    from digest.store.database import reading

    with reading(house.engine) as session:
        known = papers.load(session, ids)
    missing = [one for one in ids if one not in known]
    if missing:
        raise NotFound(
            f"not in the store: {', '.join(missing)}", remedy="run `digest backfill` for their days"
        )
    return [known[one] for one in ids]


def _text(path: Path) -> str:
    """A file's text, without a byte order mark. Raises ``NotFound`` for one that is not there or no text."""
    from digest.errors import NotFound

    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}", remedy="check its name") from error
    except UnicodeDecodeError as error:
        raise NotFound(f"{path} is no text in UTF-8", remedy="save it as UTF-8, or give another") from error
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}", remedy="check its rights") from error
