"""``digest config``: what is set, and whether it is right."""

from __future__ import annotations

import click

from digest.cli.context import print_json, say, settings_of


@click.group(help="Show or check the effective settings.")
def command() -> None:
    pass


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001  Click calls it
    """Print the effective settings: flags, environment, secret files, file, defaults. Secrets are masked."""
    from digest.config import shown

    values = shown(settings_of(ctx))
    if as_json:
        print_json(values)
        return
    for section, keys in values.items():
        click.echo(f"[{section}]")
        for key, value in keys.items():
            click.echo(f"{key} = {_toml(value)}")
        click.echo()


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(piece) for piece in value) + "]"
    if value is None:
        return '""  # not set'
    return str(value) if isinstance(value, int | float) else f'"{value}"'


@command.command("check")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Read the settings and end with 0 if they are right, with 3 and the wrong key if not."""
    settings_of(ctx)
    say(ctx, "the configuration is right")
