"""A real site, a real mail server and a real browser, all on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from pydantic import SecretStr

from digest.config import EmailSettings, Settings, StoreSettings, WebSettings
from digest.demo.mailbox import Mailbox
from digest.house import House
from digest.store.database import open_engine
from digest.web import create_app
from digest.web.serving import bound, serving
from tests.chromium import browser
from tests.web.conftest import SECRET, Clock, filled_store

__all__ = ["browser", "filled_store"]


@dataclass
class World:
    """The running house, its mails, and its clock."""

    house: House
    address: str
    mailbox: Mailbox
    clock: Clock

    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one.content, policy=default) for one in self.mailbox.mails]

    def text(self, number: int) -> str:
        part = self.mails()[number].get_body(("plain",))
        assert part is not None
        return str(part.get_content())


@pytest.fixture
def world(filled_store: Path, tmp_path: Path) -> Iterator[World]:
    """A store with the sample days, served on a free port."""
    path = tmp_path / "store.sqlite3"
    path.write_bytes(filled_store.read_bytes())
    clock = Clock()
    with bound(WebSettings(port=0)) as listening, Mailbox() as mailbox:
        host, port = mailbox.server_address[:2]
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(
            store=StoreSettings(url=f"sqlite:///{path}"),
            email=EmailSettings(host=str(host), port=int(port), sender="Digest <digest@example.org>"),
            web=WebSettings(base_url=address, secret_keys=(SecretStr(SECRET),)),
        )
        house = House(settings, open_engine(settings.store.url))
        with serving(create_app(house, clock=clock, answer_seconds=0.05), listening):
            yield World(house, address, mailbox, clock)
        house.engine.dispose()
