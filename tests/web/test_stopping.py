"""Leaving and pausing stop what is planned: from the digest that waits to the mail that never comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from digest.bootstrap import delivery_terms, open_channels, prepare_rules, sheet_desk
from digest.config import EmailSettings
from digest.demo.mailbox import Mailbox
from digest.house import House
from digest.model import Subscriber
from digest.pipeline.deliver import deliver
from digest.pipeline.prepare import prepare
from digest.tokens import Purpose
from tests.web.conftest import Site

Press = Callable[[Site, Subscriber], int]


def unsubscribed(site: Site, one: Subscriber) -> int:
    link = f"/u/{site.token(Purpose.UNSUBSCRIBE, one.id)}"
    return site.post(link, data={"List-Unsubscribe": "One-Click"}).status_code


def paused(site: Site, one: Subscriber) -> int:
    return site.post(f"/p/{site.token(Purpose.PREFERENCES, one.id)}/pause").status_code


def erased(site: Site, one: Subscriber) -> int:
    return site.post(f"/p/{site.token(Purpose.PREFERENCES, one.id)}/erase").status_code


def handed_over(site: Site) -> list[str]:
    """Deliver everything that is due to a real mail server; who got something."""
    with Mailbox() as mailbox:
        host, port = mailbox.server_address[:2]
        mail = EmailSettings(host=str(host), port=int(port), sender="Digest <digest@example.org>")
        settings = site.house.settings.model_copy(update={"email": mail})
        channels = open_channels(settings)
        sheets = sheet_desk(House(settings, site.engine)).sheets
        deliver(site.engine, channels, sheets, delivery_terms(settings), clock=site.clock)
        return sorted(recipient for one in mailbox.mails for recipient in one.recipients)


@pytest.mark.parametrize(
    ("press", "status"),
    [(unsubscribed, 200), (paused, 303), (erased, 200)],
    ids=["unsubscribed", "paused", "erased"],
)
def test_what_is_planned_never_arrives_once_somebody_pressed_the_button(
    site: Site, press: Press, status: int
) -> None:
    ada, bob = site.join(), site.join(address="bob@example.org")
    assert ada.next_due_at is not None
    site.clock.now = ada.next_due_at
    assert prepare(site.engine, prepare_rules(site.house.settings), now=site.clock()).prepared == 2
    assert press(site, ada) == status
    assert handed_over(site) == [bob.address]
    site.clock.later(days=3)
    assert ada.address not in handed_over(site)
    prepare(site.engine, prepare_rules(site.house.settings), now=site.clock())
    assert ada.address not in handed_over(site)


def test_without_a_button_it_arrives(site: Site) -> None:
    ada = site.join()
    assert ada.next_due_at is not None
    site.clock.now = ada.next_due_at
    prepare(site.engine, prepare_rules(site.house.settings), now=site.clock())
    assert handed_over(site) == [ada.address]
