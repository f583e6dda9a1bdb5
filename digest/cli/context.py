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


def settings_of(ctx: click.Context) -> Settings:
    """Load the settings once per command, with logging set up by them."""
    from digest.config import load
    from digest.logs import set_up

    found: Settings | None = ctx.obj.get("settings")
    if found is None:
        found = load(ctx.obj["config_path"])
        set_up(found.log, quiet=ctx.obj["quiet"])
        ctx.obj["settings"] = found
    return found


@contextmanager
def house_of(ctx: click.Context) -> Iterator[House]:
    """The opened house with a checked schema; closed at the end of the command."""
    from digest.house import open_house

    with open_house(settings_of(ctx)) as house:
        yield house


def say(ctx: click.Context, line: str) -> None:
    """Tell a person something on stderr, unless ``--quiet``."""
    if not ctx.obj["quiet"]:
        click.echo(line, err=True)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))
