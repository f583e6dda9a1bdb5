"""``digest profile test|suggest``: a profile on stored days before it is saved; keywords from examples."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, print_json
from digest.clock import utc_now

if TYPE_CHECKING:
    from datetime import datetime

    from digest.house import House
    from digest.model import Candidate, Paper, Profile, Ranked
    from digest.ranking.lab import Effect, Lab


@click.group(help="Try a profile on stored days, or have one proposed.")
def command() -> None:
    """The group."""


@command.command(
    "test",
    short_help="Try a profile on stored days.",
    help="What PROFILE would have brought over stored days.",
)
@click.argument("profile")
@click.option(
    "--days", default=30, show_default=True, type=click.IntRange(1, 3650), help="Days back from today."
)
@click.option("--against", metavar="PROFILE", help="Another wording: show what it would change.")
@click.option(
    "--bar", type=click.FloatRange(0, 10), help="Least score of an entry; the default of the settings."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def test(
    ctx: click.Context,
    profile: str,
    days: int,
    against: str | None,
    bar: float | None,
    as_json: bool,  # noqa: FBT001  Click calls it
) -> None:
    from digest.pipeline.situation import read_corpus
    from digest.ranking.lab import compare, try_profile
    from digest.ranking.memory import Memory

    now = utc_now()
    tried, other = _profile(profile, bar), None if against is None else _profile(against, bar)
    with house_of(ctx) as house:
        papers = _stored(house, days, now)
        memory = Memory(read_corpus(house.engine, now=now))
    if other is None:
        lab = try_profile(papers, tried, memory, now=now)
        print_json(asdict(lab)) if as_json else _show(lab)
        return
    effect = compare(papers, tried, other, memory, now=now)
    print_json(asdict(effect)) if as_json else _show_effect(effect)


@command.command(
    "suggest",
    short_help="Propose keywords from papers you like.",
    help="Propose keywords from EXAMPLES: arXiv ids, .bib, .ris or text files.",
)
@click.argument("examples", nargs=-1, required=True)
@click.pass_context
def suggest_command(ctx: click.Context, examples: tuple[str, ...]) -> None:
    from digest.pipeline.situation import read_corpus
    from digest.ranking.language import format_profile
    from digest.ranking.suggest import suggest

    with house_of(ctx) as house:
        papers = [paper for example in examples for paper in _examples(house, example)]
        corpus = read_corpus(house.engine, now=utc_now())
    click.echo(format_profile(suggest(papers, corpus)))


def _profile(text: str, bar: float | None) -> Profile:
    from digest.model import Profile
    from digest.ranking.language import parse_profile

    return Profile(0, 0, "tried", text, parse_profile(text), bar=bar)


def _stored(house: House, days: int, now: datetime) -> list[Candidate]:
    """The papers of the last days, each once, on its newest day."""
    from digest.model import Candidate
    from digest.pipeline.extracting import KEPT, make_known
    from digest.store import listings, papers
    from digest.store.database import reading

    today = now.date()
    with reading(house.engine) as session:
        found = listings.candidates(
            session, after_arrival=None, since_day=today - timedelta(days=days - 1), until_day=today
        )
        once = {listing.paper_id: listing for listing in reversed(found)}
        known = papers.load(session, once)
    make_known(house.engine, [known[one.paper_id] for one in found if today - one.day < KEPT])
    return [
        Candidate(known[one.paper_id], one.day, one.upvotes, one.arrival) for one in reversed(once.values())
    ]


def _examples(house: House, example: str) -> list[Paper]:
    from digest.errors import NotFound
    from digest.ranking.suggest import ids_in, paper_of_text, papers_of_bibtex, papers_of_ris
    from digest.store import papers
    from digest.store.database import reading

    path = Path(example)
    if path.suffix == ".bib":
        return papers_of_bibtex(_text(path))
    if path.suffix == ".ris":
        return papers_of_ris(_text(path))
    if path.is_file():
        return [paper_of_text(_text(path))]
    ids = ids_in(example)
    if not ids:
        raise NotFound(
            f"{example!r} is neither a file nor an arXiv id", remedy="give 2503.02130, or a .bib file"
        )
    with reading(house.engine) as session:
        known = papers.load(session, ids)
    missing = [one for one in ids if one not in known]
    if missing:
        raise NotFound(
            f"not in the store: {', '.join(missing)}", remedy="run `digest backfill` for their days"
        )
    return [known[one] for one in ids]


def _text(path: Path) -> str:
    """A file's text. Raises ``NotFound`` for one that is not there or no text."""
    from digest.errors import NotFound

    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}", remedy="check its name") from error
    except UnicodeDecodeError as error:
        raise NotFound(f"{path} is no text in UTF-8", remedy="give a .bib, .ris or text file") from error
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}", remedy="check its rights") from error


def _show(lab: Lab) -> None:
    from digest.account_wording import plural

    click.echo(
        f"{lab.chosen:,} of {lab.papers:,} papers on {plural(lab.days, 'day')} would pass the bar: "
        f"{lab.per_week:g} a week, on {plural(lab.days_with_papers, 'day')}"
    )
    _list("Best", lab.best)
    _list("Around the bar", lab.borderline)
    click.echo("\nKeywords")
    for one in lab.keywords:
        note = "  never hits" if one.dead else "  hits too much to tell papers apart" if one.noisy else ""
        click.echo(f"  {one.keyword}: {plural(one.hits, 'paper')}, {one.in_chosen:,} of them chosen{note}")
    if lab.add:
        click.echo(f"\nMight be added: {', '.join(lab.add)}")
    if lab.exclude:
        click.echo(f"Might be excluded: {', '.join('-' + term for term in lab.exclude)}")


def _show_effect(effect: Effect) -> None:
    click.echo(
        f"before: {effect.before.chosen:,} papers, {effect.before.per_week:g} a week; "
        f"after: {effect.after.chosen:,}, {effect.after.per_week:g} a week"
    )
    _list(f"Gained ({len(effect.gained):,})", effect.gained[:10])
    _list(f"Lost ({len(effect.lost):,})", effect.lost[:10])


def _list(title: str, papers: tuple[Ranked, ...]) -> None:
    from digest.wording import reason_line

    if papers:
        click.echo(f"\n{title}")
    for one in papers:
        click.echo(f"  {one.score.value:4.1f}  {one.candidate.paper.title}  [{one.candidate.paper.id}]")
        click.echo(f"        {reason_line(one.score)}")
