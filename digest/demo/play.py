"""The straight line on sample days: collect over HTTP, prepare, deliver by SMTP; each step twice.

Only the moments are made up. What runs is what runs in production: source, store, ranking,
digests, deliveries and mails, with a temporary SQLite store and both counterparts on loopback.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from digest.bootstrap import delivery_terms, open_channels, open_source, prepare_rules, sheet_desk
from digest.config import EmailSettings, Settings, SourceSettings, StoreSettings, WebSettings
from digest.demo.mailbox import Mail, Mailbox
from digest.demo.readers import READERS
from digest.demo.sample import FIRST_DAY
from digest.demo.server import SourceServer, sample_source
from digest.errors import DeliveryError, SourceError
from digest.house import House, open_house
from digest.model import ChannelName, DeliveryState, Sheet
from digest.pipeline.collect import collect, due_days
from digest.pipeline.deliver import deliver
from digest.pipeline.prepare import prepare
from digest.store import deliveries, migrating
from digest.store.database import reading, transaction
from digest.subscriptions import Wishes, drafts_of, subscribe

JOINED = datetime(2026, 10, 14, 6, tzinfo=UTC)
MORNINGS = tuple(datetime(2026, 10, day, 7, 30, tzinfo=UTC) for day in (15, 16, 17))
AGAIN = timedelta(minutes=10)
"""When everything is done once more. Nobody is due again by then."""


class SampleSettings(Settings):
    """The demo's settings are the demo's: no file, no environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Round:
    """What one run of collect, prepare and deliver did at a moment."""

    now: datetime
    days: int
    added: int
    prepared: int
    mails: tuple[Mail, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """An opened house between its two counterparts."""

    house: House
    server: SourceServer
    mailbox: Mailbox

    def round(self, now: datetime) -> Round:
        """Collect, prepare and deliver once.

        Raises ``SourceError`` or ``DeliveryError`` if a counterpart on loopback cannot be reached.
        """
        self.server.now = now
        before = len(self.mailbox.mails)
        days, added = self._collect(now)
        prepared = prepare(self.house.engine, prepare_rules(self.house.settings), now=now).prepared
        self._deliver(now)
        return Round(now, days, added, prepared, tuple(self.mailbox.mails[before:]))

    def _collect(self, now: datetime) -> tuple[int, int]:
        engine, settings = self.house.engine, self.house.settings.source
        wanted = due_days(engine, now=now, look_back=settings.look_back_days)
        with closing(open_source(settings, engine)) as source:
            report = collect(engine, source, now=now, days=[day for day in wanted if day >= FIRST_DAY])
        if report.failed:
            raise SourceError(
                f"the sample days could not be read: {report.failed[0].day.reason}",
                remedy="see whether something filters connections on 127.0.0.1",
            )
        return len(report.days), report.added

    def _deliver(self, now: datetime) -> None:
        settings = self.house.settings
        sheets, terms = sheet_desk(self.house).sheets, delivery_terms(settings)
        report = deliver(self.house.engine, open_channels(settings), sheets, terms, clock=lambda: now)
        for reason in report.faulty.values():
            raise DeliveryError(
                f"the mailbox could not be used: {reason}",
                remedy="see whether something filters connections on 127.0.0.1",
            )

    def shown(self, name: str, now: datetime) -> Sheet:
        """The digest a reader got at ``now``, as its channel rendered it."""
        with reading(self.house.engine) as session:
            sent = deliveries.listed(session, states={DeliveryState.SENT})
        wanted = next(one for one in sent if one.address.startswith(name) and one.slot == now.date())
        return sheet_desk(self.house).sheets([wanted])[wanted.id]


@contextmanager
def open_stage() -> Iterator[Stage]:
    """A temporary store with the three readers subscribed, the source and the mailbox on loopback."""
    with (
        _no_proxy(),
        TemporaryDirectory(prefix="digest-demo-") as folder,
        SourceServer(sample_source, now=JOINED) as server,
        Mailbox() as mailbox,
        open_house(_settings(Path(folder), server, mailbox), schema=False) as house,
    ):
        migrating.upgrade(house.engine)
        _subscribe(house)
        yield Stage(house, server, mailbox)


def _settings(folder: Path, server: SourceServer, mailbox: Mailbox) -> Settings:
    return SampleSettings(
        store=StoreSettings(url=f"sqlite:///{folder / 'demo.sqlite3'}"),
        source=SourceSettings(base_url=server.url),
        email=EmailSettings(
            sender="Daily Papers digest <digest@sample.example>", host="127.0.0.1", port=mailbox.port
        ),
        web=WebSettings(
            base_url="https://digest.sample.example", secret_keys=(SecretStr(secrets.token_hex(32)),)
        ),
    )


def _subscribe(house: House) -> None:
    with transaction(house.engine) as session:
        for reader in READERS:
            subscribe(
                session,
                Wishes(
                    ChannelName.EMAIL,
                    reader.address,
                    drafts_of(reader.profiles),
                    reader.timezone,
                    reader.send_at,
                ),
                keys=house.keys,
                trending=reader.trending,
                confirmed=True,
                now=JOINED,
                source="demo",
            )


@contextmanager
def _no_proxy() -> Iterator[None]:
    """Keep a proxy that the environment names out of what goes to loopback."""
    names = ("no_proxy", "NO_PROXY")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "127.0.0.1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
