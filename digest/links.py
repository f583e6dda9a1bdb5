"""The links of a digest and the addresses its mail returns to. Pure: the same input, the same bytes.

Tokens in links are dated with the moment the digest was made, not with the attempt. Addresses hold
a short seal instead of a token: the part before the @ has 64 characters at most (RFC 5321), and
some servers change its case.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from functools import lru_cache

from digest.errors import TokenError
from digest.model import Links
from digest.tokens import Keys, Purpose, sign

SEAL_LENGTH = 20
"""Hex digits of a seal: 80 bits, checked online only."""
BOUNCE = "b"
UNSUBSCRIBE = "u"


def make_links(
    keys: Keys, base_url: str, *, subscriber_id: int, digest_id: int, at: datetime, return_domain: str = ""
) -> Links:
    """The links of one digest, absolute, from the configured base URL.

    ``at`` is when the digest was made; ``return_domain`` receives mail to unsubscribe addresses,
    empty where none is received.
    """
    base = base_url.rstrip("/")
    number = str(subscriber_id)
    preferences = sign(keys, Purpose.PREFERENCES, number, at)
    unsubscribe = f"{base}/u/{sign(keys, Purpose.UNSUBSCRIBE, number, at)}"
    return Links(
        preferences=f"{base}/p/{preferences}",
        pause=f"{base}/pause/{preferences}",
        unsubscribe=unsubscribe,
        one_click=unsubscribe,
        unsubscribe_mailto=_sealed(keys, UNSUBSCRIBE, subscriber_id, return_domain),
        feedback=f"{base}/f/{sign(keys, Purpose.FEEDBACK, number, at)}",
        digest_page=f"{base}/d/{sign(keys, Purpose.DIGEST, str(digest_id), at)}",
    )


def bounce_address(keys: Keys, delivery_id: int, return_domain: str) -> str:
    """The envelope sender of a delivery (VERP): a bounce names the delivery, unforgeably."""
    return _sealed(keys, BOUNCE, delivery_id, return_domain)


def read_address(keys: Keys, address: str) -> tuple[str, int]:
    """What a return address is for: ``BOUNCE`` and a delivery, or ``UNSUBSCRIBE`` and a subscriber.

    Raises ``TokenError`` for any other address, and for one whose seal is not ours.
    """
    kind, _, rest = address.partition("@")[0].lower().partition(".")
    number, _, seal = rest.partition(".")
    if kind not in {BOUNCE, UNSUBSCRIBE} or not number.isascii() or not number.isdigit():
        raise TokenError("this is not a return address of ours")
    wanted = [_seal(key, kind, int(number)) for key in keys.secrets]
    if not any(hmac.compare_digest(seal.encode(), one.encode()) for one in wanted):
        raise TokenError("the seal of this return address is not ours")
    return kind, int(number)


def _sealed(keys: Keys, kind: str, number: int, domain: str) -> str:
    return f"{kind}.{number}.{_seal(keys.secrets[0], kind, number)}@{domain}" if domain else ""


def _seal(key: bytes, kind: str, number: int) -> str:
    seal = _begun(key).copy()
    seal.update(f"digest.address\0{kind}\0{number}".encode())
    return seal.hexdigest()[:SEAL_LENGTH]


@lru_cache(maxsize=8)
def _begun(key: bytes) -> hmac.HMAC:
    """A seal before it knows what it seals: two in each mail, so it is begun once."""
    return hmac.new(key, digestmod=hashlib.sha256)
