"""Signing a mail, against dkimpy with the same key and headers."""

from __future__ import annotations

from collections.abc import Iterable

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks import material
from benchmarks.harness import Budget, Row, contest, in_unit, times_as_fast
from benchmarks.rows.send import messages
from digest.channels.dkim import SIGNED, Signer


def rows() -> Iterable[Row]:
    """RSA with 2048 bits over a mail of 30 kB."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    mail = messages(1)[0].body
    ours = Signer("example.org", "s1", key)
    headers = [name.encode() for name in SIGNED]
    seconds = contest(
        {
            "ours": lambda: ours.sign(mail, material.NOW),
            "dkimpy": lambda: dkim.sign(mail, b"s1", b"example.org", pem, include_headers=headers),
        }
    )
    ratio = times_as_fast(seconds, "ours", "dkimpy")
    budgets = (Budget("× dkimpy", ratio, 10, 20, at_most=False),)
    yield Row("DKIM (when we sign)", "ms", in_unit(seconds, 1000), budgets, "RSA-2048, 30 kB")
