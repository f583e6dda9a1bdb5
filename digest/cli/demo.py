"""``digest demo``: the whole job on bundled sample days, in a few seconds."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import say
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.demo.play import Round, Stage

SHOWN = "ada"
"""Whose digest of the second morning is shown in the terminal."""


@click.command(help="The main job on sample days: no network, no server, no configuration.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-output"),
    show_default=True,
    help="Where the mails are left, as .eml and .html.",
)
@click.pass_context
def command(ctx: click.Context, out: Path) -> None:
    """Read three sample days, prepare and deliver digests for three subscribers, and show one."""
    from digest.config import LogSettings
    from digest.demo.play import MORNINGS, open_stage
    from digest.logs import set_up

    set_up(LogSettings(level="error"), quiet=ctx.obj["quiet"])
    _make(out)
    with open_stage() as stage:
        _introduce(ctx)
        files = [file for now in MORNINGS for file in _leave(_morning(ctx, stage, now), out)]
        _show(ctx, stage, MORNINGS[1])
    _say_what_next(ctx, files, f"{MORNINGS[1].date()}-{SHOWN}.html")


def _make(folder: Path) -> None:
    """Make the folder and see that it takes files, before anything else is done."""
    from digest.errors import DigestError

    probe = folder / ".digest-demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DigestError(
            f"nothing can be written into {folder}: {error.strerror}",
            remedy="name a folder of your own with --out",
        ) from error


def _introduce(ctx: click.Context) -> None:
    from digest.demo.readers import READERS

    say(ctx, "Three invented days of Daily Papers, three subscribers; everything on 127.0.0.1.\n")
    for reader in READERS:
        say(ctx, f"  {reader.address:<20} {reader.about}")
    say(ctx, "")


def _morning(ctx: click.Context, stage: Stage, now: datetime) -> Round:
    """Do all steps, then all of them once more: what comes of that must be nothing."""
    from digest.account_wording import day_name, plural
    from digest.demo.play import AGAIN
    from digest.errors import DeliveryError

    done = stage.round(now)
    moment = f"{day_name(now.date())} {now:%H:%M} UTC"
    read = f"{plural(done.days, 'day')} read over HTTP, {done.added} papers new"
    made = f"{plural(done.prepared, 'digest')} prepared; {plural(len(done.mails), 'mail')} delivered by SMTP"
    say(ctx, f"{moment}  {read}; {made}")
    again = stage.round(now + AGAIN)
    if again.prepared or again.mails:
        raise DeliveryError(
            f"a second run prepared {again.prepared} digests and sent {len(again.mails)} mails again",
            remedy="this must not happen: please report it",
        )
    say(
        ctx,
        f"{'':>{len(moment)}}  once more: {plural(again.days, 'day')} read, nothing prepared or sent twice",
    )
    return done


def _leave(done: Round, folder: Path) -> Iterator[Path]:
    """Write the mails of one morning as ``DAY-NAME.eml`` and ``.html``."""
    from digest.demo.mailbox import write
    from digest.errors import DigestError

    for mail in done.mails:
        name = mail.recipients[0].partition("@")[0]
        try:
            yield from write(mail, folder, f"{done.now.date()}-{name}")
        except OSError as error:
            raise DigestError(
                f"a mail cannot be written into {folder}: {error.strerror}", remedy="name another --out"
            ) from error


def _show(ctx: click.Context, stage: Stage, now: datetime) -> None:
    from rich.console import Console

    from digest.channels.terminal import draw

    say(ctx, f"\nWhat {SHOWN}@sample.example got on the second morning:\n")
    draw(stage.shown(SHOWN, now), Console())


def _say_what_next(ctx: click.Context, files: list[Path], shown: str) -> None:
    mails = [file for file in files if file.suffix == ".eml"]
    page = next(file for file in files if file.name == shown)
    say(ctx, f"\n{len(mails)} mails lie in {page.parent}/, as .eml and .html. What next:")
    say(ctx, f"  open {page} in a browser")
    name = _own_name()
    for words, why in (
        ("init", "configuration, key and store"),
        ("subscribers add you@example.org --keywords 'RAG, LLM agents'", ""),
        (f"backfill {utc_now().date() - timedelta(days=3)}", "some papers to look at"),
        ("preview you@example.org", "what you would get now"),
        ("run", "every day from now on"),
    ):
        say(ctx, f"  {f'{name} {words}':<46}" + (f"# {why}" if why else ""))


def _own_name() -> str:
    """How this program is called from here: as it was, where its folder is not on the path."""
    called = Path(sys.argv[0])
    if called.name != "digest" or shutil.which("digest") is not None:
        return "digest"
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)
