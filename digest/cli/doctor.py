"""``digest doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from digest.cli.context import print_json, say, settings_of
from digest.cli.extras import check_queue
from digest.cli.kinds import JSON
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.house import House
    from digest.pipeline.health import Problem

SICK = 1


@click.command(help="Say what is wrong, and what to do about it.")
@click.option("--network/--no-network", default=True, help="Also greet the mail server.")
@click.option("--dns", is_flag=True, help="Also look up SPF, DKIM and DMARC, as receivers of mail do.")
@click.option(
    "--nameserver", metavar="HOST[:PORT]", default="", help="Whom --dns asks (default: the system's)."
)
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    network: bool,  # noqa: FBT001  Click calls it
    dns: bool,  # noqa: FBT001
    nameserver: str,
    as_json: bool,  # noqa: FBT001
) -> int:
    """Examine settings, store, source, deliveries and mail server; end with 1 if anything is wrong."""
    from digest.house import open_house

    settings = settings_of(ctx)
    with open_house(settings, schema=False) as house:
        found = [*_settings(house), *_store(house)]
        if network and settings.email.enabled:
            found += _relay(house)
        if dns:
            found += _records(house, nameserver)
    if as_json:
        print_json([asdict(one) for one in found])
    for one in () if as_json else found:
        click.echo(f"{click.style('wrong', fg='red', bold=True)}  {one.detail}")
        click.echo(f"       → {one.remedy}")
    if not found:
        say(ctx, "all is well: settings, store, source, deliveries" + (", mail server" if network else ""))
    return SICK if found else 0


def _settings(house: House) -> Iterator[Problem]:
    """What can be wrong with settings that are right one by one."""
    from digest.channels.sender_identity import misalignment
    from digest.cli.config import check_together
    from digest.config import LOOPBACK
    from digest.errors import ConfigError
    from digest.pipeline.health import Problem

    try:
        _ = house.keys
        check_together(house.settings)
        apart = misalignment(house.settings.email) if house.settings.email.enabled else ""
        if apart:
            yield Problem(
                "alignment",
                apart,
                "choose an email.bounce_domain below the sender's, or sign (email.dkim_selector)",
            )
    except ConfigError as error:
        yield Problem("settings", str(error), error.remedy)
    address = urlsplit(house.settings.web.base_url)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        yield Problem(
            "links",
            "web.base_url is not https: mail programs refuse one-click unsubscribing",
            "put a proxy with TLS before the web part and name its address",
        )


def _store(house: House) -> Iterator[Problem]:
    """What is wrong with the store, or else with what stands in it."""
    from digest.bootstrap import thresholds
    from digest.errors import DigestError
    from digest.pipeline.health import Problem, look
    from digest.store.database import open_to_others
    from digest.store.revisions import check_schema

    try:
        if files := open_to_others(house.engine):
            yield Problem(
                "store.rights",
                f"every user of this machine can read the store: {files[0]}",
                shlex.join(["chmod", "600", *map(str, files)]),
            )
        check_schema(house.engine)
        check_queue(house.engine)
        yield from look(house.engine, thresholds(house.settings), now=utc_now())
    except DigestError as error:
        yield Problem("store", f"{house.engine.url.render_as_string()}: {error}", error.remedy)


def _relay(house: House) -> Iterator[Problem]:
    """Greet the mail server, with TLS and login, and send nothing."""
    from digest.bootstrap import mail_sender
    from digest.pipeline.health import Problem

    wrong = mail_sender(house.settings).greet()
    if wrong:
        email = house.settings.email
        yield Problem("mail", f"{email.host}:{email.port}: {wrong}", "check the [email] settings")


def _records(house: House, nameserver: str) -> Iterator[Problem]:
    """What the DNS lacks for mail that is believed."""
    from digest.channels.mail_records import faults, lookup_at
    from digest.errors import DigestError
    from digest.pipeline.health import Problem

    try:
        for number, (detail, remedy) in enumerate(faults(house.settings.email, lookup_at(nameserver))):
            yield Problem(f"dns.{number}", detail, remedy)
    except DigestError as error:
        yield Problem("dns", str(error), error.remedy)
