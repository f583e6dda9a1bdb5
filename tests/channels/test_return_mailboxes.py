"""Mailboxes of returned mail: each mail once, and none lost by a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.channels.return_mailboxes import ImapAccount, imap, maildir
from digest.errors import ConfigError, DeliveryError
from tests.channels.imap_server import Folder, serving


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.a").write_bytes(b"first")
    (tmp_path / "cur" / "2.b:2,F").write_bytes(b"second")
    (tmp_path / "cur" / "3.c:2,S").write_bytes(b"seen")
    return tmp_path


def account(server: Folder, **changes: str) -> ImapAccount:
    return ImapAccount("127.0.0.1", server.port, "digest", "secret", **{"security": "none", **changes})


def test_a_maildir_gives_each_unseen_mail_once(box: Path) -> None:
    assert sorted(maildir(box)) == [b"first", b"second"]
    assert list(maildir(box)) == []
    assert sorted(file.name for file in (box / "cur").iterdir()) == ["1.a:2,S", "2.b:2,FS", "3.c:2,S"]


def test_a_mail_whose_handling_fails_stays_unseen(box: Path) -> None:
    reading = maildir(box)
    first = next(reading)
    del reading
    assert first in set(maildir(box))


def test_a_folder_that_is_no_maildir_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no Maildir"):
        list(maildir(tmp_path))


def test_imap_gives_each_unseen_mail_once() -> None:
    with serving([b"first", b"second"]) as folder:
        assert list(imap(account(folder))) == [b"first", b"second"]
        assert list(imap(account(folder, folder='a "b" \\'))) == []
        assert folder.seen == {0, 1}


def test_imap_leaves_a_mail_unseen_whose_handling_fails() -> None:
    with serving([b"first"]) as folder:
        reading = imap(account(folder))
        assert next(reading) == b"first"
        reading.close()  # type: ignore[attr-defined]  # it is a generator
        assert folder.seen == set()


@pytest.mark.parametrize("refuse", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"])
def test_a_refusing_server_is_an_error_without_secrets_that_leaves_the_mail_unseen(refuse: str) -> None:
    with serving([b"first"], refuse) as folder, pytest.raises(DeliveryError) as caught:
        list(imap(account(folder)))
    assert folder.asked[-2:] == [refuse, "LOGOUT"]
    assert folder.seen == set()
    assert "secret" not in str(caught.value) + repr(account(folder))


def test_a_server_that_is_not_there_is_an_error() -> None:
    with serving([]) as folder:
        port = folder.port
    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1"):
        list(imap(ImapAccount("127.0.0.1", port, "digest", "secret", security="none")))


def test_no_password_goes_unencrypted_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([]) as folder:
        address = ("127.0.0.1", folder.port)
        import socket

        monkeypatch.setattr(socket, "create_connection", _to(address, socket.create_connection))
        with pytest.raises(ConfigError, match="unencrypted"):
            list(imap(ImapAccount("mail.example.org", 143, "digest", "secret", security="none")))


def test_a_server_without_encryption_is_refused() -> None:
    with serving([b"first"]) as folder:
        for security in ("tls", "starttls"):
            with pytest.raises(DeliveryError):
                list(imap(account(folder, security=security)))
        assert folder.seen == set()


def _to(address: tuple[str, int], connect: object) -> object:
    """Connections go to ``address`` whatever host they name."""
    return lambda _, timeout=None, **__: connect(address, timeout)  # type: ignore[operator]
