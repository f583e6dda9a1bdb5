"""Slack addresses: a conversation, with its workspace where there are several, or an incoming webhook.

``C0123`` (channel), ``U0123`` (person), ``D0123`` (direct message), each also as ``T0123/C0123``; or
``https://hooks.slack.com/services/…``, which is a secret: it is masked wherever it is shown. Doors and sender
read them here, and what has several spellings is stored in one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.errors import SubscriptionError

_CONVERSATION = re.compile(r"(?:([TE][A-Z0-9]{1,20})/)?([CGDUW][A-Z0-9]{1,20})", re.ASCII)
_WEBHOOK_PATH = re.compile(r"/[A-Za-z0-9_/.-]{1,250}", re.ASCII)
_LONGEST = 320
WEBHOOK_HOSTS = ("hooks.slack.com",)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A channel, group, person or direct message; ``team`` is empty where one token serves all."""

    id: str
    team: str = ""

    @property
    def address(self) -> str:
        return f"{self.team}/{self.id}" if self.team else self.id

    @property
    def person(self) -> bool:
        return self.id[0] in "UW"


@dataclass(frozen=True, slots=True, repr=False)
class Webhook:
    """An incoming webhook; who knows the address may post, so it has no ``repr``.

    ``trusted`` marks an origin the operator named in full, which may be inside the own network.
    """

    url: str
    trusted: bool = False

    @property
    def address(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return "Webhook(…)"


def public(webhook_hosts: Sequence[str]) -> tuple[str, ...]:
    """The hosts a stranger may name: an origin named in full may lie inside the operator's network."""
    return tuple(host for host in webhook_hosts if "://" not in host)


def read_address(address: str, webhook_hosts: Sequence[str]) -> Conversation | Webhook:
    """Read an address. ``webhook_hosts`` are host names (https only) or whole origins.

    Raises ``SubscriptionError``, which never repeats a webhook's address.
    """
    if "://" in address or len(address) > _LONGEST:
        return _webhook(address, webhook_hosts)
    match = _CONVERSATION.fullmatch(address)
    if match is None:
        raise SubscriptionError(
            "this is no Slack address",
            remedy="give an id such as C0123ABCD, U0123ABCD or T0123ABCD/C0123ABCD, or a webhook's address",
        )
    return Conversation(match[2], match[1] or "")


def _webhook(address: str, hosts: Sequence[str]) -> Webhook:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    place = parts.netloc.lower()
    plain = _WEBHOOK_PATH.fullmatch(parts.path) and not (parts.query or parts.fragment or "@" in place)
    if plain and address.isprintable() and len(address) <= _LONGEST:
        named = {host.lower() for host in hosts}
        if f"{parts.scheme}://{place}" in named:
            return Webhook(f"{parts.scheme}://{place}{parts.path}", trusted=True)
        if parts.scheme == "https" and parts.hostname in named and port in (None, 443):
            return Webhook(f"https://{place.removesuffix(':443').removesuffix(':')}{parts.path}")
    raise SubscriptionError(
        "this is no Slack webhook address that may be used",
        remedy="use the https address Slack gave; other hosts must stand in slack.webhook_hosts",
    )


def masked(address: str) -> str:
    """The address as it may be shown: a webhook without its secret."""
    if "://" not in address:
        return address
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    return f"webhook at {host}/…"
