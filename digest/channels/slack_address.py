"""Slack addresses: a conversation, with its workspace where there are several, or an incoming webhook.

``C0123`` (channel), ``U0123`` (person), ``D0123`` (direct message), each also as ``T0123/C0123``; or
``https://hooks.slack.com/services/…``, which is a secret: it is masked wherever it is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.errors import SubscriptionError

_CONVERSATION = re.compile(r"(?:([TE][A-Z0-9]{1,20})/)?([CGDUW][A-Z0-9]{1,20})", re.ASCII)
_WEBHOOK_PATH = re.compile(r"/[A-Za-z0-9_/.-]{1,250}", re.ASCII)
_LONGEST = 320


@dataclass(frozen=True, slots=True)
class Conversation:
    """A channel, group, person or direct message; ``team`` is empty where one token serves all."""

    id: str
    team: str = ""

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

    def __repr__(self) -> str:
        return "Webhook(…)"


def read_address(address: str, webhook_hosts: tuple[str, ...]) -> Conversation | Webhook:
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


def _webhook(address: str, hosts: tuple[str, ...]) -> Webhook:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = _WEBHOOK_PATH.fullmatch(parts.path) and not (parts.query or parts.fragment or "@" in parts.netloc)
    if plain and len(address) <= _LONGEST:
        if f"{parts.scheme}://{parts.netloc}" in hosts:
            return Webhook(address, trusted=True)
        if parts.scheme == "https" and parts.hostname in hosts and port in (None, 443):
            return Webhook(address)
    raise SubscriptionError(
        "this is no webhook address that may be used",
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
