"""``digest bounces``: bounces, complaints and requests to leave, from a Maildir, by IMAP or from stdin."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, print_json, say
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.config import BounceSettings

WORDS = {
    "suppressed": "addresses that do not exist suppressed",
    "suspended": "addresses suspended after too many bounces",
    "counted": "soft bounces counted",
    "unsubscribed": "unsubscribed after a complaint or a request",
    "alarmed": "refusals by policy: see `digest doctor`",
    "ignored": "ignored",
}


@click.command(help="Take back what came back: bounces, complaints, goodbyes.")
@click.option(
    "--maildir", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Read this Maildir."
)
@click.option("--stdin", "from_stdin", is_flag=True, help="Read one mail from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(ctx: click.Context, maildir: Path | None, from_stdin: bool, as_json: bool) -> None:  # noqa: FBT001
    from digest.pipeline.bounces import take

    with house_of(ctx) as house:
        mails = _mails(house.settings.bounces, maildir, from_stdin=from_stdin)
        taken = take(house.engine, house.keys, mails, now=utc_now())
    if as_json:
        print_json({"effects": dict(taken.effects), "ignored": dict(taken.reasons)})
        return
    for effect, word in WORDS.items():
        if taken.effects[effect]:
            say(ctx, f"{taken.effects[effect]:,} {word}")
    for reason, count in taken.reasons.most_common():
        say(ctx, f"  {count:,} {reason}")
    if not taken.effects:
        say(ctx, "nothing came back")


def _mails(settings: BounceSettings, folder: Path | None, *, from_stdin: bool) -> Iterable[bytes]:
    from digest.channels import return_mailboxes
    from digest.errors import ConfigError

    if from_stdin:
        return [sys.stdin.buffer.read(return_mailboxes.LARGEST)]
    chosen = folder or settings.maildir
    if chosen is not None:
        return return_mailboxes.maildir(chosen)
    if settings.imap_host:
        password = settings.imap_password
        account = return_mailboxes.ImapAccount(
            settings.imap_host,
            settings.imap_port,
            settings.imap_username,
            password.get_secret_value() if password else "",
            settings.imap_folder,
            settings.imap_security,
        )
        return return_mailboxes.imap(account)
    raise ConfigError(
        "no place is set where returned mail waits",
        remedy="set bounces.maildir or bounces.imap_host, or use --stdin",
    )
