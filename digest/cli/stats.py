"""``digest stats``: what the store holds."""

from __future__ import annotations

from dataclasses import asdict

import click

from digest.cli.context import house_of, print_json


@click.command(help="Count what the store holds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001  Click calls it
    from digest.store import statistics
    from digest.store.database import reading

    with house_of(ctx, logs=False) as house, reading(house.engine) as session:
        found = asdict(statistics.count(session))
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' '):<12} {_words(name, value)}")


def _words(name: str, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count:,} {state}" for state, count in value.items()) or "none"
    if name == "size" and isinstance(value, int):
        return f"{value / 2**20:,.1f} MiB"
    return f"{value:,}" if isinstance(value, int) else str(value or "none")
