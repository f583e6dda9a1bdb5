"""The signed part of links, and keyed hashes. Secrets live here and nowhere else.

A token binds a purpose and a subject; one made for unsubscribing opens nothing else. Keys rotate:
the first signs, all verify. Tokens in mails carry no clock reading of their own: their moment is
given by the caller, so that every attempt of a delivery has the same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from itsdangerous import BadData, BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from digest.errors import ConfigError, TokenError

CLOCK_TOLERANCE = timedelta(minutes=5)
MAX_LENGTH = 400
MOMENT_BYTES = 5  # whole seconds since 1970, enough for 34,000 years


class Purpose(StrEnum):
    """What a token opens. Part of the signature."""

    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    FEEDBACK = "feedback"
    DIGEST = "digest"
    FEED = "feed"
    FORM = "form"
    BACK = "back"


LIFETIMES: dict[Purpose, timedelta | None] = {
    Purpose.CONFIRM: timedelta(hours=72),
    Purpose.PREFERENCES: timedelta(days=60),
    Purpose.UNSUBSCRIBE: None,  # a mail may be opened years later
    Purpose.FEEDBACK: timedelta(days=60),
    Purpose.DIGEST: None,
    Purpose.FEED: None,
    Purpose.FORM: timedelta(hours=12),
    Purpose.BACK: timedelta(hours=1),
}

PATHS: dict[Purpose, tuple[str, ...]] = {
    Purpose.CONFIRM: ("confirm",),
    Purpose.PREFERENCES: ("p", "pause"),
    Purpose.UNSUBSCRIBE: ("u",),
    Purpose.FEEDBACK: ("f",),
    Purpose.DIGEST: ("d",),
    Purpose.FEED: ("feed",),
    Purpose.FORM: (),  # in the form itself
    Purpose.BACK: ("back",),
}
"""What stands before a token in the paths of the web: such paths are masked, never stored, never indexed."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Secret keys, newest first."""

    secrets: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.secrets or any(len(key) < 16 for key in self.secrets):
            raise ConfigError(
                "web.secret_keys needs at least one key of 16 characters or more",
                remedy="`digest init` writes a configuration with one; into yours put what"
                " `openssl rand -base64 32` prints",
            )

    def __repr__(self) -> str:
        return f"Keys({len(self.secrets)} hidden)"


def new_secret() -> str:
    """A fresh secret key, URL-safe, 256 bits."""
    return secrets.token_urlsafe(32)


@lru_cache(maxsize=64)
def _signer(keys: Keys, purpose: Purpose) -> Signer:
    return Signer(list(reversed(keys.secrets)), salt=f"digest.{purpose}", digest_method=hashlib.sha256)


@lru_cache(maxsize=64)
def _seal(keys: Keys, purpose: Purpose) -> hmac.HMAC:
    """What ``Signer`` begins every signature with: four in each mail, so it is begun once."""
    return hmac.new(_signer(keys, purpose).derive_key(), digestmod=hashlib.sha256)


def sign(keys: Keys, purpose: Purpose, subject: str, at: datetime) -> str:
    """Make a token for ``subject``, dated ``at`` (whole seconds). The same input gives the same token."""
    value = _letters(_moment(at) + subject.encode())
    seal = _seal(keys, purpose).copy()
    seal.update(value)
    return (value + b"." + _letters(seal.digest())).decode()


@lru_cache(maxsize=64)
def _moment(at: datetime) -> bytes:
    return int(at.timestamp()).to_bytes(MOMENT_BYTES, "big")


def _letters(raw: bytes) -> bytes:
    """As ``itsdangerous`` writes bytes in an address."""
    return urlsafe_b64encode(raw).rstrip(b"=")


def verify(keys: Keys, purpose: Purpose, token: str, now: datetime) -> str:
    """Return the subject of a token.

    Raises ``TokenError`` for any token that is forged, damaged, expired, from the future by more than
    ``CLOCK_TOLERANCE``, or made for another purpose. Comparison takes constant time.
    """
    if len(token) > MAX_LENGTH or not token.isascii():
        raise TokenError("this link is not valid", remedy="use the newest mail's link")
    try:
        _, _, seal = token.encode().rpartition(b".")
        if base64_encode(base64_decode(seal)) != seal:  # spare bits of the last letter would be anybody's
            raise BadSignature("not as it was written")
        value = base64_decode(_signer(keys, purpose).unsign(token.encode()))
        at = datetime.fromtimestamp(int.from_bytes(value[:MOMENT_BYTES], "big"), UTC)
        found = value[MOMENT_BYTES:].decode()
    except (BadData, ValueError, OverflowError, OSError) as error:
        raise TokenError("this link is not valid", remedy="use the newest mail's link") from error
    lifetime = LIFETIMES[purpose]
    if at > now + CLOCK_TOLERANCE or (lifetime is not None and now > at + lifetime + CLOCK_TOLERANCE):
        raise TokenError("this link has expired", remedy="ask for a new one")
    return found


def keyed_hash(keys: Keys, purpose: str, value: str) -> str:
    """A keyed fingerprint of personal data, 64 hex digits; by the oldest key: it survives rotation."""
    return hmac.digest(keys.secrets[-1], f"{purpose}\0{value}".encode(), "sha256").hex()
