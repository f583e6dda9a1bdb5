"""Sealing: unreadable without the key, opened by any key that is still configured."""

from __future__ import annotations

import pytest

from digest.errors import TokenError
from digest.sealing import Seal

OLD, NEW = b"an old secret key ...", b"a new secret key ...."


def test_a_sealed_text_is_unreadable_and_different_each_time() -> None:
    seal = Seal((OLD,))
    assert b"xoxb" not in seal.close("xoxb-token")
    assert seal.close("xoxb-token") != seal.close("xoxb-token")
    assert seal.open(seal.close("xoxb-token")) == "xoxb-token"
    assert "secret" not in repr(seal)


def test_keys_rotate_the_new_one_seals_and_the_old_still_opens() -> None:
    old = Seal((OLD,)).close("xoxb-token")
    both = Seal((NEW, OLD))
    assert both.open(old) == "xoxb-token"
    assert Seal((NEW,)).open(both.close("xoxb-token")) == "xoxb-token"


@pytest.mark.parametrize("damaged", [b"", b"nonsense", "ümläut".encode()])
def test_what_no_key_opens_is_an_error_with_a_remedy(damaged: bytes) -> None:
    with pytest.raises(TokenError, match="cannot be opened") as told:
        Seal((OLD,)).open(damaged)
    assert told.value.remedy
    with pytest.raises(TokenError):
        Seal((NEW,)).open(Seal((OLD,)).close("x"))
