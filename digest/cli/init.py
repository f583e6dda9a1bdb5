"""``digest init``: from nothing to a store, a key and a configuration."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from digest.cli.context import say
from digest.cli.extras import install_queue
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.config import Settings

TEMPLATE = """\
# Written by `digest init`. Every other key has a default: see config.example.toml.

[store]
{store}

[email]
sender = "Daily Papers digest <{sender}>"
host = "{host}"
port = {port}
security = "{security}"   # none | starttls | tls
# username = "digest"       # where the server asks for it; the password in DIGEST_EMAIL__PASSWORD

[web]
base_url = "{base_url}"
secret_keys = ["{key}"]   # signs the links in mails; keep it secret, and keep it
"""


IN_ENVIRONMENT = "DIGEST_STORE__URL"
SECURITY = {587: "starttls", 465: "tls"}
"""What the ports of submission ask for (RFC 8314); elsewhere nothing is assumed."""


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
    from digest.cli.config import check_together
    from digest.config import default_store_url, shown
    from digest.house import open_house
    from digest.store import migrating, revisions
    from digest.tokens import new_secret

    if url and os.environ.get(IN_ENVIRONMENT):
        raise click.UsageError(f"{IN_ENVIRONMENT} in the environment beats --store: unset one of them")
    target = path or ctx.obj["config_path"] or Path("config.toml")
    host, port = _smtp(smtp)
    text = TEMPLATE.format(
        store=_store(url or default_store_url()),
        sender=sender,
        host=host,
        port=port,
        security=SECURITY.get(port, "none"),
        base_url=base_url,
        key=new_secret(),
    )
    if not force:
        _refuse_existing(target)
    written = _read(text, target)
    check_together(written)
    with open_house(written, schema=False) as house:
        done = (
            "made the store" if revisions.current(house.engine) is None else "found the store that was there"
        )
        migrating.upgrade(house.engine)
        install_queue(house.engine)
    _write(target, text)
    say(ctx, f"wrote {target} (readable by you alone) and {done}, {shown(written)['store']['url']}")
    say(ctx, "next:  digest subscribers add you@example.org --keywords 'diffusion, agents, RAG'")
    say(ctx, f"       digest backfill {utc_now().date() - timedelta(days=3)}   # a little history to look at")
    say(ctx, "       digest preview you@example.org")
    say(ctx, "       digest run")


def _store(url: str) -> str:
    """The store's line; what the environment names would beat it, and may hold a password."""
    if os.environ.get(IN_ENVIRONMENT):
        return f"# url is {IN_ENVIRONMENT} in the environment"
    return f'url = "{url}"'


def _read(text: str, target: Path) -> Settings:
    """The settings as they will be, before anything is written. Raises ``ConfigError`` for a wrong value."""
    from digest.config import load
    from digest.errors import ConfigError

    with TemporaryDirectory() as folder:
        trial = Path(folder) / "config.toml"
        trial.write_text(text, encoding="utf-8")
        try:
            return load(trial)
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(trial), str(target)), remedy=error.remedy) from error


def _smtp(value: str) -> tuple[str, int]:
    host, mark, port = value.rpartition(":")
    if not mark:
        return value, 25
    if not host or not port.isdecimal() or len(port) > 5:
        raise click.BadParameter(f"{value!r} is not HOST:PORT", param_hint="--smtp")
    return host, int(port)


def _refuse_existing(target: Path) -> None:
    from digest.errors import ConfigError

    if target.exists():
        raise ConfigError(
            f"{target} exists already",
            remedy="use it, or write another with --path, or --force to overwrite",
        )


def _write(target: Path, text: str) -> None:
    """Write the file readable by its owner alone."""
    from digest.errors import ConfigError

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(
            os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(
            f"{target} cannot be written: {error.strerror}", remedy="choose another --path"
        ) from error
