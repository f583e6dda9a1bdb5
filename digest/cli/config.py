"""``digest config``: what is set, and whether it is right."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import print_json, say, settings_of

if TYPE_CHECKING:
    from digest.config import BounceSettings, EmailSettings, Settings, SlackSettings


@click.group(help="Show or check the effective settings.")
def command() -> None:
    pass


@command.command("show", short_help="Print the effective settings, secrets masked.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001  Click calls it
    """Print the effective settings: flags, environment, secret files, file, defaults. Secrets are masked."""
    from digest.config import shown

    values = shown(settings_of(ctx))
    if as_json:
        print_json(values)
        return
    say(ctx, f"# {_origin(ctx)}")
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


@command.command("check", short_help="Whether the settings are right.")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Read the settings and end with 0 if they are right, with 3 and the wrong key if not."""
    check_together(settings_of(ctx))
    say(ctx, f"the configuration is right ({_origin(ctx)})")


def check_together(settings: Settings) -> None:
    """Raise ``ConfigError`` for what is wrong only when it is used: addresses, keys, proxies, leases."""
    from digest.bootstrap import delivery_terms, open_channels
    from digest.channels.mime import mailbox
    from digest.store.database import address_of
    from digest.web.proxies import Proxies

    address_of(settings.store.url)
    delivery_terms(settings)
    open_channels(settings)
    if settings.web.enabled:
        Proxies.of(settings.web.trusted_proxies)
    if settings.email.enabled:
        _check_mail(settings.email)
    _check_returns(settings.bounces)
    _check_slack(settings.slack)
    if settings.operator.email:
        mailbox(settings.operator.email, "operator.email")


def _check_mail(mail: EmailSettings) -> None:
    """What every session with the mail server would fail by."""
    from digest.config import LOOPBACK
    from digest.errors import ConfigError

    if mail.username and mail.security == "none" and mail.host not in LOOPBACK:
        raise ConfigError(
            "email.security is none: the login by email.username would go in clear, so it never goes",
            remedy="set email.security to starttls or tls",
        )
    if mail.ca_file and mail.security != "none":
        try:
            ssl.create_default_context(cafile=str(mail.ca_file))
        except OSError as error:
            raise ConfigError(
                f"email.ca_file: no certificates can be read from {mail.ca_file}",
                remedy="name a file of certificates as PEM, or leave it out to trust the system's",
            ) from error


def _check_returns(returns: BounceSettings) -> None:
    from digest.config import LOOPBACK
    from digest.errors import ConfigError

    if returns.imap_host and returns.imap_security == "none" and returns.imap_host not in LOOPBACK:
        raise ConfigError(
            "bounces.imap_security is none: the password would go in clear, so it never goes",
            remedy="set it to tls or starttls",
        )


def _check_slack(slack: SlackSettings) -> None:
    """Half an app is none: it would start without a word, and nobody could install it."""
    from digest.errors import ConfigError

    several = slack.enabled and not slack.bot_token and bool(slack.client_id or slack.client_secret)
    if several and not slack.installable:
        missing = {
            "slack.client_id": slack.client_id,
            "slack.client_secret": slack.client_secret,
            "slack.signing_secret (or slack.app_token)": slack.signing_secret or slack.app_token,
        }
        raise ConfigError(
            f"the Slack app lacks {' and '.join(name for name, value in missing.items() if not value)}",
            remedy="docs/slack.md says where they come from; for webhooks alone leave all of them out",
        )


def _origin(ctx: click.Context) -> str:
    """Which file was read, since there are several places for it."""
    from digest.config import default_config_path

    path: Path = ctx.obj["config_path"] or default_config_path()
    return f"read from {path.absolute()}" if path.is_file() else "no file, defaults and environment only"
