"""Signatures of ours, verified by dkimpy with the key from a DNS that is a dictionary."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.channels.dkim import Signer, open_signer
from digest.channels.email import MAX_BYTES, EmailChannel
from digest.channels.letters import write
from digest.config import EmailSettings
from digest.errors import ConfigError
from tests.channels.mails import PAPERS, large, sheet
from tests.channels.test_email import no_sender
from tests.channels.test_letters import AT, LETTERS

NOW = datetime(2026, 3, 6, 6, 30, tzinfo=UTC)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SELECTOR = "s1"
DOMAIN = "digest.example.org"


def record(key: rsa.RSAPrivateKey) -> bytes:
    """The key's TXT record."""
    raw = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + b64encode(raw)


def verified(mail: bytes, key: rsa.RSAPrivateKey) -> bool:
    def dns(name: bytes, **_: object) -> bytes | None:
        return record(key) if name == f"{SELECTOR}._domainkey.{DOMAIN}.".encode() else None

    return bool(dkim.verify(mail, dnsfunc=dns))


def pem(key: PrivateKeyTypes, folder: Path) -> Path:
    file = folder / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def configured(key: PrivateKeyTypes, folder: Path) -> EmailSettings:
    return EmailSettings(
        sender=f"Daily Papers digest <digest@{DOMAIN}>",
        dkim_selector=SELECTOR,
        dkim_key_file=pem(key, folder),
    )


def test_a_signed_digest_is_verified_and_the_same_at_every_attempt(tmp_path: Path) -> None:
    channel = EmailChannel(configured(RSA, tmp_path), no_sender)
    mail = channel.render(sheet())
    assert verified(mail, RSA)
    assert channel.render(sheet()) == mail


def test_a_signed_letter_is_verified(tmp_path: Path) -> None:
    mail = write(
        LETTERS["confirmation"], configured(RSA, tmp_path), to="a@example.net", message_id="1@b", date=AT
    )
    assert verified(mail, RSA)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"List-Unsubscribe: <https://digest", b"List-Unsubscribe: <https://evil"),
        (b"To: reader", b"To: other"),
        (b"Subject: ", b"Subject: Re: "),
        (b"\r\nTo: ", b"\r\nSubject: another\r\nTo: "),
        (b"\r\nTo: ", b"\r\nFrom: evil@evil.example\r\nTo: "),
        (b"DAILY PAPERS", b"DAILY PAPERZ"),
        (b"Auto-Submitted: auto-generated", b"Auto-Submitted: no"),
    ],
)
def test_what_is_changed_on_the_way_breaks_the_signature(before: bytes, after: bytes, tmp_path: Path) -> None:
    mail = EmailChannel(configured(RSA, tmp_path), no_sender).render(sheet())
    assert before in mail
    assert not verified(mail.replace(before, after, 1), RSA)


def test_what_relays_may_change_does_not_break_it(tmp_path: Path) -> None:
    mail = EmailChannel(configured(RSA, tmp_path), no_sender).render(sheet())
    assert verified(
        b"Received: by mx.example.net\r\n" + mail.replace(b"Subject: ", b"SUBJECT:   ") + b"\r\n\r\n", RSA
    )


def test_the_largest_digest_with_its_signature_is_below_the_limit(tmp_path: Path) -> None:
    assert len(EmailChannel(configured(RSA, tmp_path), no_sender).render(large(50, PAPERS))) <= MAX_BYTES


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab \t\r\n=.", max_size=120), st.text(alphabet="ab :;\t", max_size=60))
def test_any_body_and_subject_are_canonical_as_another_implementation_has_it(body: str, subject: str) -> None:
    text = "\r\n".join(body.replace("\r", "\n").split("\n"))
    mail = f"From: a@{DOMAIN}\r\nTo: b@example.net\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()
    assert verified(Signer(DOMAIN, SELECTOR, RSA).sign(mail, NOW), RSA)


def test_a_wrong_key_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dkim_key_file"):
        open_signer(DOMAIN, SELECTOR, tmp_path / "missing.pem")
    with pytest.raises(ConfigError, match="no RSA key"):
        open_signer(DOMAIN, SELECTOR, pem(ec.generate_private_key(ec.SECP256R1()), tmp_path))
    with pytest.raises(ConfigError, match="dkim_selector"):
        EmailChannel(EmailSettings(dkim_key_file=pem(RSA, tmp_path)), no_sender)


def test_a_signer_does_not_show_its_key() -> None:
    assert "hidden" in repr(Signer(DOMAIN, SELECTOR, RSA))
