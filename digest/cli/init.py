"""``digest init``: from nothing to a store, a key and a configuration."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import click

from digest.cli.context import say
from digest.clock import utc_now

TEMPLATE = """\
# Written by `digest init`. Every other key has a default: see config.example.toml.

[store]
url = "{url}"

[email]
sender = "Daily Papers digest <{sender}>"
host = "{host}"
port = {port}

[web]
base_url = "{base_url}"
secret_keys = ["{key}"]   # signs the links in mails; keep it secret, and keep it
"""


@click.command(help="Write a configuration, a secret key and the store.")
@click.option("--path", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
@click.option("--store", "url", help="sqlite:///PATH or postgresql://USER@HOST/NAME.")
@click.option("--sender", default="digest@localhost", show_default=True, help="The address mails come from.")
@click.option("--smtp", default="localhost:25", show_default=True, help="HOST:PORT of your mail server.")
@click.option("--base-url", default="http://127.0.0.1:8000", show_default=True, help="What links start with.")
@click.option(
    "--force", is_flag=True, help="Overwrite a configuration; its key, and old links with it, are lost."
)
@click.pass_context
def command(
    ctx: click.Context,
    path: Path | None,
    url: str | None,
    sender: str,
    smtp: str,
    base_url: str,
    force: bool,  # noqa: FBT001
) -> None:
    from digest.config import default_store_url, load
    from digest.house import open_house
    from digest.store import migrating
    from digest.tokens import new_secret

    target = path or ctx.obj["config_path"] or Path("config.toml")
    host, port = _smtp(smtp)
    text = TEMPLATE.format(
        url=url or default_store_url(),
        sender=sender,
        host=host,
        port=port,
        base_url=base_url,
        key=new_secret(),
    )
    _write(target, text, force=force)
    with open_house(load(target), schema=False) as house:
        migrating.upgrade(house.engine)
    say(ctx, f"wrote {target} (readable by you alone) and made the store")
    say(ctx, "next:  digest subscribers add you@example.org --keywords 'diffusion, agents, RAG'")
    say(ctx, f"       digest backfill {utc_now().date() - timedelta(days=3)}   # a little history to look at")
    say(ctx, "       digest preview you@example.org")
    say(ctx, "       digest run")


def _smtp(value: str) -> tuple[str, int]:
    host, mark, port = value.rpartition(":")
    if not mark:
        return value, 25
    if not port.isdigit() or not host:
        raise click.BadParameter(f"{value!r} is not HOST:PORT", param_hint="--smtp")
    return host, int(port)


def _write(target: Path, text: str, *, force: bool) -> None:
    """Write the file readable by its owner alone; never over another one unless told."""
    from digest.errors import ConfigError

    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not force:
            raise ConfigError(
                f"{target} exists already",
                remedy="use it, or write another with --path, or --force to overwrite",
            )
        with os.fdopen(os.open(target, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(
            f"{target} cannot be written: {error.strerror}", remedy="choose another --path"
        ) from error
