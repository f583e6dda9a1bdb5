"""Writes the command reference of ``docs/cli.md`` from the commands themselves: ``make docs``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from digest.cli import root

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
MARKER = "<!-- below this line: written by `make docs` -->\n"


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below ``command`` with its path, groups included."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is None:
                raise LookupError(f"{' '.join(path)} {name} is listed but not there")
            yield (*path, name), found
            yield from commands(found, (*path, name))


def document(written: str) -> str:
    """The document with everything below its marker written anew."""
    head = written.partition(MARKER)[0]
    return head + MARKER + "".join(_section(path, command) for path, command in commands(root))


def _section(path: tuple[str, ...], command: click.Command) -> str:
    """A heading, the help, and the usage with its options in a block."""
    context = click.Context(command, info_name=" ".join(("digest", *path)))
    formatter = click.HelpFormatter(width=100)
    command.format_usage(context, formatter)
    usage = formatter.getvalue().removeprefix("Usage: ").strip()
    records = (parameter.get_help_record(context) for parameter in command.params)
    rows = [record for record in records if record and record[1]]
    options = click.HelpFormatter(width=100)
    if rows:
        options.write_dl(rows)
    block = usage + ("\n\n" + options.getvalue().rstrip() if rows else "")
    if isinstance(command, click.Group):
        return f"\n## digest {' '.join(path)}\n\n{_help(command)}\n"
    return (
        f"\n{'#' * (len(path) + 1)} digest {' '.join(path)}\n\n{_help(command)}\n\n```console\n{block}\n```\n"
    )


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
