"""Encrypts what must be kept but not be readable in the store: tokens of Slack workspaces.

Fernet (AES-128-CBC with HMAC-SHA256) from ``cryptography``, with keys derived by HKDF-SHA256 from the
configured secret keys. The newest key seals, all open: keys rotate as those of links do.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from digest.errors import ConfigError, TokenError

_PURPOSE = b"digest.sealing.1"


@dataclass(frozen=True, slots=True)
class Seal:
    """``secrets`` are the secret keys, newest first."""

    secrets: tuple[bytes, ...] = field(repr=False)

    def close(self, text: str) -> bytes:
        """The text, encrypted; different at each call."""
        sealed: bytes = _fernet(self.secrets).encrypt(text.encode())
        return sealed

    def open(self, sealed: bytes) -> str:
        """The text again. Raises ``TokenError`` if no key opens it."""
        from cryptography.fernet import InvalidToken

        try:
            return str(_fernet(self.secrets).decrypt(sealed), "utf-8")
        except InvalidToken as error:
            raise TokenError(
                "a stored token cannot be opened: its secret key is gone",
                remedy="put the old key back into web.secret_keys, or install the app again",
            ) from error


def _fernet(secrets: tuple[bytes, ...]) -> Any:
    try:
        from cryptography.fernet import Fernet, MultiFernet
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError as error:
        raise ConfigError(
            "Slack workspaces need the extra `slack`", remedy="pip install 'daily-papers-digest[slack]'"
        ) from error
    keys = (HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret) for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
