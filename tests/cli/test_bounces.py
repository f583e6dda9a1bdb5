"""``digest bounces``: what came back, told in counts."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.channels.returns import letter
from tests.cli.conftest import Digest


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for name in ("new", "cur"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1").write_bytes(letter("somebody@example.org"))
    return tmp_path / "box"


def test_a_maildir_is_read_and_told_in_counts(digest: Digest, box: Path) -> None:
    ran = digest("bounces", "--maildir", str(box), "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == {"effects": {"ignored": 1}, "ignored": {"no report": 1}}
    again = digest("bounces", "--maildir", str(box))
    assert (again.code, again.out, again.err) == (0, "", "nothing came back\n")


def test_one_mail_is_read_from_stdin(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(letter("somebody@example.org")))
    monkeypatch.setattr(sys, "stdin", stdin)
    ran = digest("bounces", "--stdin")
    assert ran.err == "1 ignored\n  1 no report\n"


def test_without_a_mailbox_the_settings_are_named(digest: Digest) -> None:
    ran = digest("bounces")
    assert ran.code == 3
    assert "bounces.maildir" in ran.err


def test_an_imap_server_that_is_not_there_ends_with_the_code_of_delivery(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_BOUNCES__IMAP_HOST", "127.0.0.1")
    monkeypatch.setenv("DIGEST_BOUNCES__IMAP_PORT", "1")
    ran = digest("bounces")
    assert ran.code == 6
    assert "127.0.0.1" in ran.err
