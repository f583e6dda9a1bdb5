"""Tokens: bound to purpose and subject, deterministic, rotating, never a server error."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer
from itsdangerous.encoding import base64_encode

from digest.errors import ConfigError, TokenError
from digest.tokens import Keys, Purpose, keyed_hash, new_secret, sign, verify

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
OLD, NEW = b"an old key, long enough", b"a new key, long enough"
KEYS = Keys((NEW, OLD))


def test_a_token_gives_back_its_subject() -> None:
    assert verify(KEYS, Purpose.CONFIRM, sign(KEYS, Purpose.CONFIRM, "17:ä", NOW), NOW) == "17:ä"


def test_the_same_input_gives_the_same_token() -> None:
    assert sign(KEYS, Purpose.DIGEST, "17", NOW) == sign(KEYS, Purpose.DIGEST, "17", NOW)


def test_a_token_opens_only_its_own_purpose() -> None:
    token = sign(KEYS, Purpose.CONFIRM, "17", NOW)
    with pytest.raises(TokenError):
        verify(KEYS, Purpose.UNSUBSCRIBE, token, NOW)


def test_a_token_made_with_an_older_key_still_opens() -> None:
    token = sign(Keys((OLD,)), Purpose.UNSUBSCRIBE, "17", NOW)
    assert verify(KEYS, Purpose.UNSUBSCRIBE, token, NOW) == "17"


def test_a_key_that_was_removed_opens_nothing() -> None:
    token = sign(Keys((OLD,)), Purpose.UNSUBSCRIBE, "17", NOW)
    with pytest.raises(TokenError):
        verify(Keys((NEW,)), Purpose.UNSUBSCRIBE, token, NOW)


def test_an_unsubscribe_token_never_expires() -> None:
    token = sign(KEYS, Purpose.UNSUBSCRIBE, "17", NOW)
    assert verify(KEYS, Purpose.UNSUBSCRIBE, token, NOW + timedelta(days=20_000)) == "17"


def test_a_confirm_token_expires() -> None:
    token = sign(KEYS, Purpose.CONFIRM, "17", NOW)
    with pytest.raises(TokenError, match="expired"):
        verify(KEYS, Purpose.CONFIRM, token, NOW + timedelta(hours=73))


def test_clocks_may_differ_by_minutes_but_not_by_hours() -> None:
    token = sign(KEYS, Purpose.CONFIRM, "17", NOW)
    assert verify(KEYS, Purpose.CONFIRM, token, NOW - timedelta(minutes=4)) == "17"
    with pytest.raises(TokenError):
        verify(KEYS, Purpose.CONFIRM, token, NOW - timedelta(hours=1))


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_flipped_byte_never_opens(place: int, bits: int) -> None:
    token = bytearray(sign(KEYS, Purpose.FEEDBACK, "17", NOW).encode())
    token[place % len(token)] ^= bits
    with pytest.raises(TokenError):
        verify(KEYS, Purpose.FEEDBACK, token.decode("latin-1"), NOW)


@given(st.text(max_size=500))
def test_any_text_is_refused_without_a_crash(text: str) -> None:
    with pytest.raises(TokenError):
        verify(KEYS, Purpose.FEEDBACK, text, NOW)


def test_short_keys_are_refused() -> None:
    with pytest.raises(ConfigError):
        Keys((b"short",))
    with pytest.raises(ConfigError):
        Keys(())


def test_keys_do_not_show_themselves() -> None:
    assert "old key" not in repr(KEYS)


def test_a_keyed_hash_survives_rotation() -> None:
    assert keyed_hash(KEYS, "suppression", "x") == keyed_hash(Keys((OLD,)), "suppression", "x")


def test_new_secrets_are_long_and_different() -> None:
    assert len(new_secret()) >= 43
    assert new_secret() != new_secret()


@given(st.sampled_from(Purpose), st.text(max_size=40))
def test_a_token_is_what_its_signer_makes(purpose: Purpose, subject: str) -> None:
    value = base64_encode(int(NOW.timestamp()).to_bytes(5, "big") + subject.encode())
    signer = Signer([b"k" * 32], salt=f"digest.{purpose}", digest_method=hashlib.sha256)
    assert sign(Keys((b"k" * 32,)), purpose, subject, NOW) == signer.sign(value).decode()
