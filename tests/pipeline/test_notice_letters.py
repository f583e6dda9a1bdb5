"""Letters by real SMTP: who signed up gets a mail with a link that works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from digest.bootstrap import send_due_notices
from digest.config import EmailSettings, Settings, StoreSettings, WebSettings
from digest.demo.mailbox import Mailbox
from digest.errors import TooMany
from digest.house import House
from digest.model import ChannelName
from digest.pipeline.notice_letters import Writer
from digest.pipeline.notices import Report
from digest.store import notices, subscribers
from digest.store.database import reading, transaction
from digest.store.notices import Kind, Notice
from digest.store.profiles import Draft
from digest.subscriptions import Bounds, Wishes, come_back, confirm, leave, sign_up, unsubscribe
from digest.tokens import Keys, Purpose, verify

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "a secret key for tests only"
KEYS = Keys((SECRET.encode(),))
ADA = Wishes(ChannelName.EMAIL, "ada@example.org", (Draft("Robots", "robots, -survey"),), "Europe/Berlin")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as opened:
        yield opened


@pytest.fixture
def house(engine: Engine, store_url: str, mailbox: Mailbox) -> House:
    host, port = mailbox.server_address[:2]
    return House(
        Settings(
            store=StoreSettings(url=store_url),
            email=EmailSettings(host=str(host), port=int(port), sender="Digest <digest@example.org>"),
            web=WebSettings(base_url="https://digest.example.org", secret_keys=(SecretStr(SECRET),)),
        ),
        engine,
    )


def ask(house: House, wishes: Wishes = ADA, now: datetime = NOW) -> None:
    with transaction(house.engine) as session:
        sign_up(session, wishes, keys=KEYS, client="192.0.2.1", bounds=Bounds(), now=now)


def send(house: House, now: datetime = NOW) -> Report:
    return send_due_notices(house, clock=lambda: now)


def texts(mailbox: Mailbox) -> list[EmailMessage]:
    return [message_from_bytes(one.content, policy=default) for one in mailbox.mails]


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_sign_up_gets_one_mail_whose_link_confirms_it(house: House, mailbox: Mailbox) -> None:
    ask(house)
    assert send(house) == Report(sent=1)
    assert send(house, NOW + timedelta(hours=1)) == Report()
    [mail] = texts(mailbox)
    assert mail["To"] == "ada@example.org"
    assert mail["List-Unsubscribe"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "robots, -survey" in body(mail)
    assert "every day at 07:30 (Europe/Berlin)" in body(mail)
    [token] = re.findall(r"https://digest\.example\.org/confirm/(\S+)", body(mail))
    number = int(verify(KEYS, Purpose.CONFIRM, token, NOW))
    with transaction(house.engine) as session:
        assert confirm(session, number, KEYS, NOW).address == "ada@example.org"


def test_a_subscriber_is_told_of_it_with_working_links(house: House, mailbox: Mailbox) -> None:
    ask(house)
    send(house)
    with transaction(house.engine) as session:
        confirm(session, 1, KEYS, NOW)
    later = NOW + timedelta(days=2)
    ask(house, replace(ADA, profiles=(Draft("Eve", "evil"),)), later)
    assert send(house, later) == Report(sent=1)
    told = body(texts(mailbox)[1])
    assert "subscribed already" in told
    assert "evil" not in told
    for path, purpose in (("p", Purpose.PREFERENCES), ("u", Purpose.UNSUBSCRIBE)):
        [token] = re.findall(rf"https://digest\.example\.org/{path}/(\S+)", told)
        assert verify(KEYS, purpose, token, later) == "1"


@pytest.mark.parametrize("number", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_ten_thousand_sign_ups_for_one_address_send_one_mail(
    house: House, mailbox: Mailbox, number: int
) -> None:
    """From as many networks, within an hour: what is too much is refused without being stored."""
    refused = 0
    for attempt in range(number):
        client = f"10.{attempt // 250}.{attempt % 250}.1"
        try:
            with transaction(house.engine) as session:
                sign_up(session, ADA, keys=KEYS, client=client, bounds=Bounds(), now=NOW)
        except TooMany:
            refused += 1
    assert refused == number - Bounds().total_hour
    assert send(house) == Report(sent=1)
    assert len(mailbox.mails) == 1


def test_what_cannot_be_written_is_given_up_and_the_others_go(house: House, mailbox: Mailbox) -> None:
    ask(house)
    ask(house, replace(ADA, address="bob@example.org"))
    with transaction(house.engine) as session:
        one = subscribers.get(session, 1)
        subscribers.save(session, replace(one, address="a, b"))
    assert send(house) == Report(sent=1, failed=1)
    assert [mail["To"] for mail in texts(mailbox)] == ["bob@example.org"]


def test_every_attempt_is_the_same_mail(house: House) -> None:
    ask(house)
    writer = Writer(house.engine, KEYS, "https://digest.example.org/", house.settings.email, "example.org")
    notice = Notice(1, 1, Kind.CONFIRM, "ada@example.org", 1, "token", NOW)
    first = writer(notice)
    assert writer(replace(notice, attempts=2, claim="another")) == first


def test_without_mail_nothing_is_tried(house: House, tmp_path: Path) -> None:
    ask(house)
    silent = house.settings.model_copy(update={"email": EmailSettings(enabled=False)})
    assert send(House(silent, house.engine)) == Report()
    with reading(house.engine) as session:
        assert notices.counts(session) == {"planned": 1}


def listening(house: House) -> int:
    """The number of a subscriber who confirmed."""
    ask(house)
    send(house)
    with transaction(house.engine) as session:
        found = subscribers.find(session, ChannelName.EMAIL, ADA.address)
        assert found is not None
        return confirm(session, found.id, KEYS, NOW).id


def test_who_leaves_gets_one_last_mail_with_a_way_back(house: House, mailbox: Mailbox) -> None:
    number = listening(house)
    for _ in range(2):
        with transaction(house.engine) as session:
            leave(session, number, NOW)
    assert send(house) == Report(sent=1)
    last = texts(mailbox)[-1]
    assert last["Subject"] == "You are unsubscribed from Daily Papers"
    assert last["List-Unsubscribe"] is None
    assert "https://digest.example.org/subscribe" in body(last)
    assert send(house, NOW + timedelta(hours=1)) == Report()


def test_no_goodbye_to_who_is_back_by_then_or_never_confirmed(house: House, mailbox: Mailbox) -> None:
    number = listening(house)
    with transaction(house.engine) as session:
        leave(session, number, NOW)
        come_back(session, number, NOW)
    assert send(house) == Report()
    assert send(house, NOW + timedelta(hours=1)) == Report()
    with reading(house.engine) as session:
        assert notices.counts(session) == {"sent": 1, "refused": 1}
    with transaction(house.engine) as session:
        unsubscribe(session, number)
        leave(session, number, NOW)
        assert leave(session, 999, NOW) is None
    assert send(house).sent == 0
    assert len(mailbox.mails) == 1
