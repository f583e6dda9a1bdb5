"""A cluster for tests: a real Postgres with the queue's tables, and a mail server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest

from digest.bootstrap import open_channels, prepare_rules
from digest.cluster.queue import Enqueuer, app_of, install
from digest.cluster.tasks import Care, Hands, add_delivering
from digest.config import Settings
from digest.demo.mailbox import Mailbox
from digest.house import House
from digest.model import ChannelName
from digest.pipeline.collect import collect
from digest.pipeline.prepare import Report, prepare
from digest.pipeline.rankings import Enqueue
from digest.store.database import open_engine, transaction
from tests.joining import subscribe
from tests.keys import KEYS
from tests.shelf import Shelf, paper

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass
class Cluster:
    """A house on Postgres with its queue; what it sends arrives in the mailbox."""

    house: House
    mailbox: Mailbox

    def __post_init__(self) -> None:
        self.app = app_of(self.house.engine)
        self.enqueue = Enqueuer(batch=4)
        self.channels = {ChannelName.EMAIL: open_channels(self.house.settings)[ChannelName.EMAIL]}
        self.hands = Hands(self.house, self.channels, self.enqueue)
        self.care = Care(self.house, self.channels, self.app, self.enqueue, grace=timedelta(0))
        add_delivering(self.app, self.hands)

    def subscribe(self, count: int) -> None:
        """Confirmed subscribers to one keyword, due at ``NOW``."""
        with transaction(self.house.engine) as session:
            for number in range(count):
                subscribe(
                    session,
                    keys=KEYS,
                    channel=ChannelName.EMAIL,
                    address=f"reader{number}@example.org",
                    profiles={"main": "diffusion models"},
                    timezone="UTC",
                    send_at=time(7, 30),
                    confirmed=True,
                    now=NOW - timedelta(hours=6),
                    source="test",
                )

    def prepare(self, enqueue: Enqueue | None = None) -> Report:
        """Collect a day and prepare it for everybody, with jobs in the queue."""
        shelf = Shelf({DAY: [paper(number, f"Diffusion models, part {number}") for number in range(3)]})
        collect(self.house.engine, shelf, now=NOW, days=[DAY])
        rules = prepare_rules(self.house.settings)
        return prepare(self.house.engine, rules, now=NOW, enqueue=enqueue or self.enqueue)

    def recipients(self) -> list[str]:
        """Who got a mail, once for each copy."""
        return sorted(recipient for mail in self.mailbox.mails for recipient in mail.recipients)


@pytest.fixture
def settings(postgres_url: str) -> Iterator[tuple[Settings, Mailbox]]:
    with Mailbox() as mailbox:
        yield (
            Settings(
                store={"url": postgres_url},
                email={"host": "127.0.0.1", "port": mailbox.port},
                web={"secret_keys": ("k" * 32,)},
                digest={"bar": 0.5},
            ),
            mailbox,
        )


@pytest.fixture
def cluster(settings: tuple[Settings, Mailbox]) -> Iterator[Cluster]:
    engine = open_engine(settings[0].store.url)
    install(engine)
    yield Cluster(House(settings[0], engine), settings[1])
    engine.dispose()
