"""One POST: nothing sent and no answer are told apart; deadline, size and address are checked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from digest.channels.slack_http import Limits, NoAnswer, NothingSent, post

LIMITS = Limits(connect=60, deadline=60)
Serve = Callable[[socket.socket], None]


@contextmanager
def server(serve: Serve) -> Iterator[str]:
    """Accept one connection and let ``serve`` treat it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(60)
                try:
                    serve(connection)
                except OSError:
                    return  # the other side has gone, as it should

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/path"
        listening.close()
        thread.join(10)


def answering(*pieces: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        hear(connection)
        for piece in pieces:
            connection.sendall(piece)

    return serve


def dripping(connection: socket.socket) -> None:
    """A whole answer in the end, after a minute."""
    hear(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(600):
        connection.sendall(b"x")
        time.sleep(0.1)
    connection.sendall(b"\r\nContent-Length: 0\r\n\r\n")


def hear(connection: socket.socket) -> None:
    """The whole request: what is left unread would reset the connection."""
    request = b""
    while not request.endswith(b"{}"):
        read = connection.recv(65536)
        if not read:
            raise ConnectionAbortedError
        request += read


def send(url: str, limits: Limits = LIMITS, *, public_only: bool = False) -> int:
    return post(url, b"{}", {"X": "y"}, limits=limits, public_only=public_only).status


def test_a_whole_answer_is_returned_whatever_its_status() -> None:
    with server(answering(b"HTTP/1.1 418 No\r\nA-b: c\r\nContent-Length: 2\r\n\r\nok")) as url:
        reply = post(url, b"{}", {}, limits=LIMITS)
    assert (reply.status, reply.headers["a-b"], reply.body) == (418, "c", b"ok")


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"HTTP/1.1 200 OK\r\nContent-Le",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",),
        (b"nonsense\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n", b"x" * 5_000_000),
    ],
    ids=["nothing", "half a header", "half a body", "half a chunk", "no HTTP", "too long"],
)
def test_an_incomplete_or_unreadable_answer_is_no_answer(pieces: tuple[bytes, ...]) -> None:
    with server(answering(*pieces)) as url, pytest.raises(NoAnswer):
        send(url)


def test_one_byte_at_a_time_does_not_outlast_the_deadline() -> None:
    with server(dripping) as url, pytest.raises(NoAnswer):
        send(url, Limits(connect=60, deadline=0.4))


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with server(answering(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")) as url:
        assert send(url) == 302


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"]
)
def test_an_address_inside_is_refused_at_connect_however_it_is_written(host: str) -> None:
    with pytest.raises(NothingSent, match="not public"):
        send(f"http://{host}:9/", public_only=True)


def test_a_name_that_does_not_resolve_sends_nothing_and_is_not_repeated_in_the_error() -> None:
    with pytest.raises(NothingSent) as told:
        send("http://secret-name.invalid/canary")
    assert "secret-name" not in str(told.value)
    with pytest.raises(NothingSent):
        send(f"http://{'x' * 70}.invalid/")


def test_an_unverified_certificate_sends_nothing() -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"no TLS here\r\n\r\n")

    with server(plain) as url, pytest.raises(NothingSent):
        send(url.replace("http:", "https:"))
