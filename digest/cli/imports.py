"""``digest import FILE…``: saved pages and answers of the API into the store."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json
from digest.cli.kinds import JSON, Day
from digest.clock import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")


FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(
    help="Import saved pages and API bodies, plain or gzip. Silent: nothing is announced. The page of a "
    "week, of a month, of trending papers or of a search brings its papers, but lists them on no day."
)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--day", type=Day(), help="The day the files are of (default: what they or their names say).")
@JSON
@click.pass_context
def command(ctx: click.Context, files: tuple[Path, ...], day: date | None, as_json: bool) -> int:  # noqa: FBT001
    """Import each file on its own: one that cannot be read stops no other. Ends with 5 if one could not."""
    with house_of(ctx) as house:
        done = [_import(house.engine, file, day) for file in files]
    if as_json:
        print_json(done)
    else:
        for one in done:
            click.echo(_line(one))
    return 5 if any("error" in one for one in done) else 0


def _import(engine: Engine, file: Path, day: date | None) -> dict[str, Any]:
    from digest.errors import SourceError
    from digest.pipeline.imports import import_saved

    try:
        done = import_saved(engine, _body(file), now=utc_now(), day=day, hint=_named_day(file.name))
    except SourceError as error:
        remedy = error.remedy or "give a page as a browser saves it, or an answer of /api/daily_papers"
        click.echo(f"{file}: {error}\n  → {remedy}", err=True)
        return {"file": str(file), "error": str(error)}
    except OSError as error:
        click.echo(f"{file}: {error.strerror}", err=True)
        return {"file": str(file), "error": str(error.strerror)}
    return {
        "file": str(file),
        "day": done.day,
        "papers": done.papers,
        "refused": done.refused,
        "added": done.added,
        "new_papers": done.new_papers,
    }


def _body(file: Path) -> bytes:
    """The file's bytes, if it is no larger than any page can be."""
    from digest.errors import SourceError
    from digest.sources.saved import LARGEST

    with file.open("rb") as opened:
        body = opened.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise SourceError(f"the file is larger than {LARGEST} bytes")
    return body


def _named_day(name: str) -> date | None:
    found = _DAY_IN_NAME.search(name)
    try:
        return date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None


def _line(done: dict[str, Any]) -> str:
    if "error" in done:
        return f"{done['file']}: not imported"
    refused = f", {done['refused']} refused" if done["refused"] else ""
    return (
        f"{done['file']}: {done['day'] or 'no day'}, {done['papers']} papers{refused}, "
        f"{done['new_papers']} of them new, {done['added']} listings added"
    )
