"""One bounded GET against servers that drip, cut, bomb and lie, on real sockets."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from digest.http_client import Bounds, Client, FetchError, same_place

BOUNDS = Bounds(deadline_seconds=60, connect_seconds=60, wire_bytes=200_000, body_bytes=1_000_000)
HASTY = replace(BOUNDS, deadline_seconds=0.6)
"""For servers that do not come to an end."""
Talk = Callable[[socket.socket], None]


@contextmanager
def server(talk: Talk, heard: list[bytes] | None = None) -> Iterator[str]:
    """A server that reads a request (kept in ``heard``) and then does what ``talk`` does."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    stop = threading.Event()

    def converse(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(60)
            try:
                request = connection.recv(65_536)
                if heard is not None:
                    heard.append(request)
                talk(connection)
            except OSError:
                return

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=converse, args=(connection,)))
            threads[-1].start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for one in threads:
            one.join()


@contextmanager
def opened(bounds: Bounds) -> Iterator[Client]:
    client = Client(user_agent="test/1 (+https://example.org)", bounds=bounds)
    yield client
    client.close()


@pytest.fixture
def client() -> Iterator[Client]:
    with opened(BOUNDS) as client:
        yield client


@pytest.fixture
def hasty() -> Iterator[Client]:
    with opened(HASTY) as client:
        yield client


def reply(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def fetched(client: Client, answer: bytes) -> bytes:
    with server(lambda connection: connection.sendall(answer)) as url:
        return client.get(url, accept="*/*").body


def fails(client: Client, talk: Talk) -> FetchError:
    with server(talk) as url, pytest.raises(FetchError) as caught:
        client.get(url, accept="*/*")
    return caught.value


def fails_on(client: Client, answer: bytes) -> FetchError:
    return fails(client, lambda connection: connection.sendall(answer))


def test_a_whole_body_is_given_plain_and_compressed(client: Client) -> None:
    assert fetched(client, reply(b"hello")) == b"hello"
    assert fetched(client, reply(gzip.compress(b"hello"), "Content-Encoding: gzip")) == b"hello"


def test_a_status_and_a_redirect_are_answers(client: Client) -> None:
    answer = reply(b"", "Location: /y?z=1", status="302 Found")
    with server(lambda connection: connection.sendall(answer)) as url:
        given = client.get(url, accept="*/*")
    assert given.status == 302
    assert given.location == url.replace("/x", "/y?z=1")


def test_a_resolver_that_hangs_is_cut_by_the_deadline_and_what_it_finds_later_is_not_used(
    hasty: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, heard, ended = threading.Event(), list[bytes](), threading.Event()
    resolve = socket.getaddrinfo

    def hang(*_name: object, **_hints: object) -> object:
        release.wait(100)
        return resolve("127.0.0.1", port, type=socket.SOCK_STREAM)

    with server(lambda _connection: ended.set(), heard) as url:
        port = int(url.split(":")[2].removesuffix("/x"))
        monkeypatch.setattr(socket, "getaddrinfo", hang)
        with pytest.raises(FetchError, match=r"name was not resolved .* within 0\.6 s"):
            hasty.get(url, accept="*/*")
        release.set()
        assert ended.wait(60)
    assert heard == [b""]


def test_a_gzip_stream_cut_inside_correct_framing_is_an_error(client: Client) -> None:
    whole = gzip.compress(bytes(range(256)) * 200)
    assert "cut short" in str(fails_on(client, reply(whole[: len(whole) // 2], "Content-Encoding: gzip")))
    assert "cut short" in str(fails_on(client, reply(whole[:-1], "Content-Encoding: gzip")))


def test_a_gzip_stream_with_a_wrong_checksum_is_an_error(client: Client) -> None:
    whole = bytearray(gzip.compress(b"hello" * 100))
    whole[-6] ^= 1
    assert "damaged" in str(fails_on(client, reply(bytes(whole), "Content-Encoding: gzip")))


def zipped(*pieces: bytes) -> bytes:
    """A compressed answer in these chunks."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


HELLO, AGAIN = gzip.compress(b"hello, "), gzip.compress(b"again")


@pytest.mark.parametrize(
    "pieces",
    [(HELLO, AGAIN), (HELLO + AGAIN,), (HELLO[:9], HELLO[9:] + AGAIN[:1], AGAIN[1:])],
    ids=["one a chunk", "in one chunk", "split over chunks"],
)
def test_every_member_of_a_compressed_body_is_read(client: Client, pieces: tuple[bytes, ...]) -> None:
    assert fetched(client, zipped(*pieces)) == b"hello, again"
    assert fetched(client, reply(b"".join(pieces), "Content-Encoding: gzip")) == b"hello, again"


@pytest.mark.parametrize(
    "pieces",
    [(HELLO + b"rubbish",), (HELLO, b"rubbish"), (HELLO, b"\0"), (HELLO, AGAIN[:-1]), (HELLO[:-1], AGAIN)],
    ids=["rubbish", "rubbish in a later chunk", "padding", "half a member", "half a member before another"],
)
def test_what_follows_a_member_and_is_no_whole_one_is_an_error(
    client: Client, pieces: tuple[bytes, ...]
) -> None:
    said = str(fails_on(client, zipped(*pieces)))
    assert "damaged" in said or "cut short" in said


def test_fewer_bytes_than_announced_are_an_error(client: Client) -> None:
    assert "cut short" in str(fails_on(client, reply(b"hello", length=10)))


def test_a_missing_last_chunk_is_an_error(client: Client) -> None:
    fails_on(client, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")


def test_a_compression_nobody_asked_for_is_an_error(client: Client) -> None:
    assert "nobody asked for" in str(fails_on(client, reply(b"x", "Content-Encoding: br")))


def test_a_bomb_is_stopped_before_it_unpacks(client: Client) -> None:
    error = fails_on(client, reply(gzip.compress(b"\0" * 20_000_000), "Content-Encoding: gzip"))
    assert "unpacks to more than 1000000 bytes" in str(error)
    assert not error.transient
    members = [gzip.compress(b"\0" * 400_000)] * 3
    assert "unpacks to more than 1000000 bytes" in str(fails_on(client, zipped(*members)))


def test_a_body_without_end_is_stopped(client: Client) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65_536)

    assert "larger than 200000 bytes" in str(fails(client, flood))


def drip(start: bytes) -> Talk:
    """A server that goes on for a minute, or until it is hung up on."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(1200):
            connection.sendall(b"x")
            time.sleep(0.05)

    return talk


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["headers", "body", "body without a length"],
)
def test_a_server_that_drips_cannot_stretch_the_deadline(hasty: Client, start: bytes) -> None:
    assert "within 0.6 s" in str(fails(hasty, drip(start)))


def test_a_server_that_says_nothing_is_given_up(hasty: Client) -> None:
    def hush(connection: socket.socket) -> None:
        connection.recv(1)  # until it is hung up on

    assert "within 0.6 s" in str(fails(hasty, hush))


def test_a_closed_connection_is_an_error_without_the_address(client: Client) -> None:
    error = fails(client, lambda connection: None)
    assert "closed without an answer" in str(error)
    assert "127.0.0.1" not in str(error)


def test_after_a_fault_the_next_fetch_is_clean(client: Client) -> None:
    answers = [reply(b"hello", length=10), reply(b"fine")]
    with server(lambda connection: connection.sendall(answers.pop(0))) as url:
        with pytest.raises(FetchError):
            client.get(url, accept="*/*")
        assert client.get(url, accept="*/*").body == b"fine"


def test_cookies_are_never_sent_back(client: Client) -> None:
    heard: list[bytes] = []
    answer = reply(b"", "Set-Cookie: period=week", "Connection: close")
    with server(lambda connection: connection.sendall(answer), heard) as url:
        client.get(url, accept="*/*")
        client.get(url, accept="*/*")
    assert len(heard) == 2
    assert b"period" not in heard[1]


def test_many_broken_connections_leave_no_open_sockets(client: Client) -> None:
    with server(lambda connection: connection.sendall(reply(b"x", "Connection: close"))) as url:
        for _ in range(30):
            client.get(url, accept="*/*")
    assert len(client._sockets) <= 9


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a/x", "https://a/x", True),
        ("https://a/x", "http://a/x", False),
        ("https://a/x", "https://a/x/", True),
        ("https://a/x?d=1", "https://a/x?d=2", False),
        ("https://a/x", "https://b/x", False),
        ("http://a:8000/x", "https://a/x", False),
        ("https://a/x", "https://a/y", False),
    ],
)
def test_which_addresses_name_the_same_thing(one: str, other: str, same: bool) -> None:
    assert same_place(one, other) is same
