"""What every command needs first: settings, the opened house, and the moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from digest.config import Settings
    from digest.house import House


def settings_of(ctx: click.Context, *, logs: bool = True) -> Settings:
    """Load the settings once per command, with logging set up by them, now or at the first record."""
    from digest.config import load

    found: Settings | None = ctx.obj.get("settings")
    if found is None:
        found = load(ctx.obj["config_path"])
        ctx.obj["settings"] = found
        from digest.logs import set_up, set_up_later

        (set_up if logs else set_up_later)(found.log, quiet=ctx.obj["quiet"])
    return found


@contextmanager
def house_of(ctx: click.Context, *, logs: bool = True) -> Iterator[House]:
    """The opened house with a checked schema; closed at the end of the command.

    ``logs=False`` is for commands that read and hardly ever log: loading the logs is a sixth of their time.
    """
    from digest.house import open_house

    with open_house(settings_of(ctx, logs=logs)) as house:
        yield house


def say(ctx: click.Context, line: str) -> None:
    """Tell a person something on stderr, unless ``--quiet``."""
    if not ctx.obj["quiet"]:
        click.echo(line, err=True)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))
