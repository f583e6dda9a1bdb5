"""Headers: nothing breaks out of one, and one address stays one."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.channels.mime import bracketed, mailbox, one_address, phrase, words
from digest.errors import ConfigError, DeliveryError


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ("ada.l+x@example.org", "ada.l+x@example.org"),
        ("zoë@example.org", "zoë@example.org"),
        ("zoe@bücher.example", "zoe@xn--bcher-kva.example"),
    ],
)
def test_plain_addresses_are_taken(given_: str, wanted: str) -> None:
    assert one_address(given_) == wanted


@pytest.mark.parametrize(
    "text", ["a@" + "ü" * 80 + ".example", "a" * 300 + "@b.org", "a@b..org", "a@b.org ", ""]
)
def test_impossible_addresses_are_refused(text: str) -> None:
    with pytest.raises(DeliveryError):
        one_address(text)


@pytest.mark.parametrize("name", ["Ada", 'Dr. "A" \\ B, C', "Ärzte & Söhne", "", "x" * 200, "日本語の論文"])
def test_a_sender_reads_back_as_it_was_configured(name: str) -> None:
    field = f"From: {phrase(name)} <a@b.org>\r\n\r\n".encode()
    (address,) = message_from_bytes(field, policy=policy.default)["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "a@b.org")


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300))
def test_a_subject_reads_back_and_stays_one_header(text: str) -> None:
    written = words("Subject", text)
    mail = message_from_bytes(f"Subject: {written}\r\nTo: a@b.org\r\n\r\n".encode(), policy=policy.compat32)
    assert mail.keys() == ["Subject", "To"]
    assert written.isascii()
    assert "?==?" not in written


@pytest.mark.parametrize("text", ["a\r\nBcc: x", "a\nb", "a\u2028b", "a\x00b", "=?utf-8?q?x?="])
def test_a_subject_cannot_add_a_header(text: str) -> None:
    mail = message_from_bytes(f"Subject: {words('Subject', text)}\r\n\r\n".encode(), policy=policy.default)
    assert mail.keys() == ["Subject"]


def test_a_configured_mailbox_is_read_or_its_key_named() -> None:
    assert mailbox('"Daily, Papers" <a@b.org>', "email.sender") == ("Daily, Papers", "a@b.org")
    assert mailbox("a@b.org", "email.sender") == ("", "a@b.org")
    with pytest.raises(ConfigError, match=r"email\.reply_to"):
        mailbox("a@b.org, c@d.org", "email.reply_to")


def test_a_message_id_has_its_brackets_once() -> None:
    assert bracketed("a@b") == bracketed("<a@b>") == "<a@b>"
