"""Signing mails here (RFC 6376), for whoever's mail server does not: relaxed/relaxed, RSA-SHA256.

Needs the extra ``dkim``. The signature is a function of the mail and its own date, so that every
attempt is the same bytes.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config import EmailSettings
from digest.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "list-unsubscribe", "list-unsubscribe-post"),
    *("list-id", "auto-submitted", "mime-version", "content-type"),
)
"""Headers under the signature, present or not: one added later breaks it (RFC 6376, 8.15; RFC 8058, 4)."""
ONCE_MORE = ("from", "subject", "to", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post")
LEAST_BITS = 1024

_BLANKS = re.compile(rb"[ \t]+")
_LINE = 70


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for a domain with the key published at ``selector._domainkey.domain``."""

    domain: str
    selector: str
    key: RSAPrivateKey

    def __repr__(self) -> str:
        return f"Signer({self.selector}._domainkey.{self.domain}, hidden)"

    def sign(self, mail: bytes, at: datetime) -> bytes:
        """The mail with a ``DKIM-Signature`` before its other headers."""
        block, _, body = mail.partition(b"\r\n\r\n")
        fields = _fields(block)
        names, covered = _covered(fields)
        digest = b64encode(sha256(relaxed_body(body)).digest()).decode()
        tags = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={self.domain}; s={self.selector};\r\n"
            f" t={int(at.timestamp())}; h={_folded(':'.join(names), ':')};\r\n bh={digest};\r\n b="
        )
        header = b"DKIM-Signature: " + tags.encode()
        signature = b64encode(self._signature(covered + relaxed_header(header))).decode()
        return header + _folded(signature).encode() + b"\r\n" + mail

    def _signature(self, text: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return self.key.sign(text, PKCS1v15(), SHA256())


def signer_of(settings: EmailSettings, sender: str) -> Signer | None:
    """The signer that the settings ask for, for the sender's domain; usually none. Raises ``ConfigError``."""
    if settings.dkim_key_file is None:
        return None
    if not settings.dkim_selector:
        raise ConfigError("email.dkim_selector is missing", remedy="name the key's selector in the DNS")
    return open_signer(sender.rpartition("@")[2], settings.dkim_selector, settings.dkim_key_file)


def open_signer(domain: str, selector: str, key_file: Path) -> Signer:
    """A signer with the private key in a PEM file. Raises ``ConfigError`` naming what is wrong."""
    try:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise ConfigError(
            "email.dkim_key_file needs the extra dkim", remedy="pip install daily-papers-digest[dkim]"
        ) from error
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"email.dkim_key_file: no private key can be read from {key_file}",
            remedy="give an unencrypted PEM file",
        ) from error
    if isinstance(key, RSAPrivateKey) and key.key_size >= LEAST_BITS:
        return Signer(domain, selector, key)
    raise ConfigError(
        "email.dkim_key_file: the key is no RSA key of 1024 bits or more", remedy="use RSA with 2048 bits"
    )


def relaxed_header(field: bytes) -> bytes:
    """A header field in relaxed form (RFC 6376, 3.4.2), without a line end."""
    name, _, value = field.partition(b":")
    unfolded = _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip().lower() + b":" + unfolded


def relaxed_body(body: bytes) -> bytes:
    """A body in relaxed form (RFC 6376, 3.4.4)."""
    if b"  " in body or b"\t" in body or b" \r\n" in body or body.endswith(b" "):
        body = re.sub(rb" +(?=\r\n|\Z)", b"", _BLANKS.sub(b" ", body))
    body = body.rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _fields(block: bytes) -> dict[str, bytes]:
    fields = re.split(rb"\r\n(?![ \t])", block)
    return {field.partition(b":")[0].decode().strip().lower(): field for field in fields}


def _covered(fields: dict[str, bytes]) -> tuple[list[str], bytes]:
    """Names for ``h=``, and the relaxed fields they stand for; a name once more stands for none."""
    present = [name for name in SIGNED if name in fields]
    text = b"".join(relaxed_header(fields[name]) + b"\r\n" for name in present)
    return [*present, *ONCE_MORE], text


def _folded(text: str, border: str = "") -> str:
    """Text folded for a header, at a border character where one is given."""
    if not border:
        return "\r\n ".join(text[start : start + _LINE] for start in range(0, len(text), _LINE))
    lines = [""]
    for piece in text.split(border):
        if len(lines[-1]) + len(piece) > _LINE:
            lines.append("")
        lines[-1] += piece + border
    return "\r\n ".join(lines).removesuffix(border)
