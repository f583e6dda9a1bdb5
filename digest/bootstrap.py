"""Furnishes the house from its settings: source, channels, rules and terms. Built once, passed down.

What only reads the source or only prepares is imported when it is asked for: a worker would hold 35 MB of it.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from digest import __version__
from digest.channels import Channel
from digest.channels.email import EmailChannel
from digest.channels.file import FileChannel
from digest.channels.sender_identity import identity
from digest.channels.slack import SlackChannel
from digest.channels.slack_api import NO_TEAM_TOKENS, Tokens
from digest.channels.slack_pace import OwnPace
from digest.channels.smtp import FRESH_SECONDS, GATE_SIZE, SmtpSender
from digest.channels.smtp_session import Relay
from digest.config import LOOPBACK, EmailSettings, Settings, SourceSettings
from digest.errors import ConfigError
from digest.house import House, keys_of
from digest.model import ChannelName, UnknownPolicy
from digest.pipeline.deliver import Allowance, Terms
from digest.pipeline.health import Thresholds
from digest.pipeline.notice_letters import Writer
from digest.pipeline.notices import Report as NoticeReport
from digest.pipeline.notices import send_notices
from digest.pipeline.pacing import KeptAnswers, SharedPace, SharedSlackPace
from digest.pipeline.sheets import Desk
from digest.sealing import Seal
from digest.store import slack_installations
from digest.store.database import reading

if TYPE_CHECKING:
    from digest.pipeline.rankings import Rules
    from digest.sources.huggingface import HuggingFace


def open_source(
    settings: SourceSettings, engine: Engine, *, sleep: Callable[[float], object] = time.sleep
) -> HuggingFace:
    """The source, with the allowance and the remembered answers that all processes share.

    ``sleep`` waits between two attempts; one that a stop cuts short ends a reading early.
    """
    from digest.http_client import Bounds
    from digest.sources.huggingface import HuggingFace

    return HuggingFace(
        settings.base_url,
        contact=settings.contact,
        version=__version__,
        token=settings.token.get_secret_value() if settings.token else "",
        bounds=Bounds(deadline_seconds=settings.fetch_deadline_seconds),
        pace=SharedPace(engine, settings.share),
        memory=KeptAnswers(engine),
        sleep=sleep,
    )


def prepare_rules(settings: Settings) -> Rules:
    """What the settings say about preparing digests."""
    from digest.pipeline.editions import Limits
    from digest.pipeline.rankings import Rules

    digest = settings.digest
    return Rules(
        bar=digest.bar,
        limit=digest.limit,
        limits=Limits(catch_up=digest.catch_up_days, late=settings.source.look_back_days),
        wait=timedelta(minutes=digest.wait_minutes),
    )


# --- delivery --------------------------------------------------------------------------------


def mail_sender(settings: Settings) -> SmtpSender:
    """A way to the configured mail server; it connects when the first message comes."""
    mail, limits = settings.email, settings.delivery
    address = identity(mail).address
    relay = Relay(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        username=mail.username,
        password=mail.password.get_secret_value() if mail.password else "",
        ca_file=mail.ca_file,
        hello=_own_name(mail.host),
        messages_per_connection=mail.messages_per_connection,
        connect_seconds=limits.connect_seconds,
        command_seconds=limits.command_seconds,
        final_dot_seconds=limits.final_dot_seconds,
    )
    return SmtpSender(relay, address, gate_size=_mail_gate(UnknownPolicy(limits.on_unknown_email)))


def _mail_gate(policy: UnknownPolicy) -> int:
    """How many mails pass the gate at once: one where each that is left in doubt waits for a person."""
    return 1 if policy is UnknownPolicy.HOLD else GATE_SIZE


def _own_name(relay: str) -> str:
    """How we greet: a relay on this machine needs no name, and looking one up may ask the network."""
    return "localhost" if relay in LOOPBACK else socket.getfqdn()


def _email(settings: Settings, _engine: Engine | None = None) -> Channel:
    return EmailChannel(
        settings.email,
        lambda: mail_sender(settings),
        sentences=settings.digest.abstract_sentences,
        on_unknown=UnknownPolicy(settings.delivery.on_unknown_email),
    )


def _slack(settings: Settings, engine: Engine | None) -> Channel:
    slack = settings.slack
    return SlackChannel(
        bot_token=slack.bot_token.get_secret_value() if slack.bot_token else "",
        tokens=workspace_tokens(engine, seal_of(settings)) if engine and slack.client_id else NO_TEAM_TOKENS,
        base_url=slack.base_url,
        webhook_hosts=slack.webhook_hosts,
        layout=slack.thread,
        interactive=slack.app_token is not None or slack.signing_secret is not None,
        sentences=settings.digest.abstract_sentences,
        pace=SharedSlackPace(engine) if engine else OwnPace(),
    )


def workspace_tokens(engine: Engine, seal: Seal) -> Tokens:
    """The bot token of a workspace that installed the app; ``None`` where it is not installed."""

    def find(team: str) -> str | None:
        with reading(engine) as session:
            stored = slack_installations.find(session, team)
        return None if stored is None else seal.open(stored.sealed_token)

    return find


def seal_of(settings: Settings) -> Seal:
    """What encrypts stored tokens, by the same keys as links."""
    return Seal(tuple(key.get_secret_value().encode() for key in settings.web.secret_keys))


def _file(settings: Settings, _engine: Engine | None = None) -> Channel:
    mail = _email(settings)
    return FileChannel(settings.file.folder, mail.render, mail.template)


CHANNELS: dict[ChannelName, Callable[[Settings, Engine | None], Channel]] = {
    ChannelName.EMAIL: _email,
    ChannelName.SLACK: _slack,
    ChannelName.FILE: _file,
}
"""How each channel is built from the settings; those under its name say whether it is switched on."""


def open_channels(settings: Settings, engine: Engine | None = None) -> dict[ChannelName, Channel]:
    """The channels that are switched on. Raises ``ConfigError`` naming a wrong key.

    Slack workspaces that installed the app are served only with an ``engine``: their tokens are stored.
    """
    chosen = {name: build for name, build in CHANNELS.items() if getattr(settings, name).enabled}
    return {name: build(settings, engine) for name, build in chosen.items()}


def sheet_desk(house: House) -> Desk:
    """Where sheets are made."""
    settings = house.settings
    return Desk(house.engine, house.keys, settings.web.base_url, settings.email.bounce_domain)


def send_due_notices(
    house: House, *, clock: Callable[[], datetime], stop: Callable[[], bool] = lambda: False
) -> NoticeReport:
    """Send the mails about subscriptions themselves that are due: to be called with every deliver tick."""
    settings = house.settings
    if not settings.email.enabled:
        return NoticeReport()
    writer = Writer(
        house.engine,
        house.keys,
        settings.web.base_url,
        settings.email,
        delivery_terms(settings).domain,
    )
    return send_notices(
        house.engine, lambda: mail_sender(settings), writer, keys=house.keys, clock=clock, stop=stop
    )


def delivery_terms(settings: Settings) -> Terms:
    """What the settings say about delivering; ``worker`` names this process.

    Raises ``ConfigError`` for a lease that a hand-over might outlast: then two workers could send.
    """
    limits, mail = settings.delivery, settings.email
    longest = FRESH_SECONDS + limits.command_seconds + limits.final_dot_seconds
    if limits.lease_seconds <= longest:
        raise ConfigError(
            f"delivery.lease_seconds ({limits.lease_seconds}) must outlast a hand-over ({longest:g} s)",
            remedy="raise it, or lower delivery.command_seconds or final_dot_seconds",
        )
    return Terms(
        worker=f"{socket.gethostname()}:{os.getpid()}",
        domain=mail.list_domain or identity(mail).address.rpartition("@")[2],
        keys=keys_of(settings),
        lease=timedelta(seconds=limits.lease_seconds),
        batch=limits.batch,
        max_age=timedelta(hours=limits.max_age_hours),
        max_kills=limits.max_kills,
        connections={ChannelName.EMAIL: mail.connections},
        allowances={ChannelName.EMAIL: bound} if (bound := mail_allowance(mail)) else {},
    )


def mail_allowance(settings: EmailSettings) -> Allowance | None:
    """What the mail server may be given a minute; ``None`` for no limit."""
    return Allowance(f"mail:{settings.host}"[:64], settings.per_minute) if settings.per_minute else None


def thresholds(settings: Settings) -> Thresholds:
    """From when on things are wrong, by the settings."""
    told = settings.operator
    return Thresholds(
        stale=timedelta(hours=told.stale_after_hours), overdue=timedelta(minutes=told.overdue_after_minutes)
    )
