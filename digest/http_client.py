"""One polite, bounded GET: total deadline, caps on bytes, proof of completeness, no cookies.

What no HTTP client does by itself: a deadline over the whole fetch (a time-out is per read, so a
server that drips bytes holds a client for ever), and the check that a compressed body ended where
its stream says it ends (a gzip cut inside correct framing is accepted by all of them).
"""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from digest.errors import SourceError

CHUNK = 65_536
GZIP = 16 + zlib.MAX_WBITS
MOST_SOCKETS = 8


class FetchError(SourceError):
    """No complete answer was had. ``transient``: asking again may well succeed."""

    def __init__(self, message: str, *, transient: bool = True) -> None:
        super().__init__(message)
        self.transient = transient


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one fetch: seconds over all of it, bytes on the wire and after decompression."""

    deadline_seconds: float = 60
    connect_seconds: float = 10
    wire_bytes: int = 8 * 2**20
    body_bytes: int = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. ``url`` is the address asked; redirects are not followed but returned.

    ``remembered``: the server said "unchanged", and this is the answer kept from before.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    remembered: bool = False

    @property
    def location(self) -> str | None:
        """Where a redirect points, absolute; ``None`` if this is none."""
        target = self.headers.get("Location") if self.status in {301, 302, 303, 307, 308} else None
        return _address(self.url, target) if target else None


def _address(base: str, target: str) -> str:
    """``target`` as seen from ``base``. Raises ``FetchError`` for what is no address."""
    try:
        found = urljoin(base, target)
        _ = urlsplit(found).port
    except ValueError as error:
        raise FetchError("the server redirects to what is no address", transient=False) from error
    return found


def same_place(one: str, other: str) -> bool:
    """Whether two addresses name the same thing on the same server.

    A step from http to https on the usual ports and a trailing slash make no difference.
    """
    first, second = urlsplit(one), urlsplit(other)
    upgraded = (first.scheme, second.scheme) == ("http", "https") and first.port is second.port is None
    return (
        (first.scheme == second.scheme or upgraded)
        and (first.hostname, first.port) == (second.hostname, second.port)
        and first.path.rstrip("/") == second.path.rstrip("/")
        and first.query == second.query
    )


class Client:
    """Fetches over kept-alive connections. Not shared between threads: each has its own."""

    def __init__(self, *, user_agent: str, bounds: Bounds | None = None, token: str = "") -> None:
        self._bounds = bounds or Bounds()
        self._sockets: list[socket.socket] = []
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers.clear()
        self._session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "gzip"})
        adapter = _Adapter(self._sockets.append, self._bounds.deadline_seconds)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        self._session.close()
        self._forget_sockets()

    def _forget_sockets(self) -> None:
        while self._sockets:
            self._sockets.pop().close()

    def get(self, url: str, *, accept: str, etag: str = "") -> Answer:
        """Fetch ``url`` once, without following redirects.

        Raises ``FetchError`` for everything that is not a complete answer within the bounds.
        """
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        self._session.cookies.clear()
        if len(self._sockets) > MOST_SOCKETS:
            self._drop_connections()
        try:
            with _deadline(self._bounds.deadline_seconds, self._sockets):
                return self._answer(url, headers)
        except (requests.RequestException, HTTPError, OSError) as error:
            self._drop_connections()
            raise FetchError(_said(error)) from error
        except ValueError as error:  # requests looks at where a redirect points even if it may not follow
            self._drop_connections()
            raise FetchError("the server redirects to what is no address", transient=False) from error
        except FetchError:
            self._drop_connections()
            raise

    def _drop_connections(self) -> None:
        """After a fault no connection is reused: what is left on it belongs to the failed answer."""
        for adapter in self._session.adapters.values():
            adapter.close()
        self._forget_sockets()

    def _answer(self, url: str, headers: dict[str, str]) -> Answer:
        bounds = self._bounds
        with self._session.get(
            url,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=(bounds.connect_seconds, bounds.deadline_seconds),
        ) as response:
            body = _body(response, bounds)
            return Answer(url, response.status_code, response.headers, body)


def _body(response: requests.Response, bounds: Bounds) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    wire = _bounded(response.raw.stream(CHUNK, decode_content=False), bounds.wire_bytes)
    if encoding in {"", "identity"}:
        return b"".join(wire)
    if encoding not in {"gzip", "x-gzip"}:
        raise FetchError(f"the answer is compressed in a way nobody asked for: {encoding[:20]!r}")
    return _decompressed(wire, bounds.body_bytes)


def _bounded(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > most:
            raise FetchError(f"the answer is larger than {most} bytes", transient=False)
        yield chunk


def _decompressed(chunks: Iterator[bytes], most: int) -> bytes:
    """The body of a gzip stream that reached its own end, checksum and length included."""
    stream = zlib.decompressobj(GZIP)
    parts: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting and not stream.eof:
                part = stream.decompress(waiting, CHUNK)
                size += len(part)
                if size > most:
                    raise FetchError(f"the answer unpacks to more than {most} bytes", transient=False)
                parts.append(part)
                waiting = stream.unconsumed_tail
    except zlib.error as error:
        raise FetchError("the answer's compression is damaged") from error
    if not stream.eof:
        raise FetchError("the answer is cut short: its compressed stream has no end")
    if stream.unused_data:
        raise FetchError("the answer goes on after the end of its compressed stream")
    return b"".join(parts)


def _said(error: Exception) -> str:
    """What went wrong in few words, without the address (a token may stand in one)."""
    text = f"{type(error).__name__}: {error}"
    for sign, words in (
        ("NameResolution", "the server's name cannot be resolved"),
        ("refused", "the connection was refused"),
        ("CERTIFICATE", "the server's certificate cannot be verified"),
        ("SSL", "no secure connection could be made"),
        ("timed out", "the server did not answer in time"),
        ("IncompleteRead", "the answer is cut short: fewer bytes than announced"),
        ("InvalidChunk", "the answer is cut short: its chunks are damaged"),
        ("reset", "the connection was reset"),
        ("Remote end closed", "the connection was closed without an answer"),
    ):
        if sign in text:
            return words
    return f"the connection failed ({type(error).__name__})"


class _Bearer(requests.auth.AuthBase):
    """Sends the token if there is one, and keeps requests from looking for a password in ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


# --- the deadline ----------------------------------------------------------------------------


@contextmanager
def _deadline(seconds: float, sockets: list[socket.socket]) -> Iterator[None]:
    """Cut every open connection when ``seconds`` are over, whatever the reader is waiting for.

    A cut connection may look like the regular end of a body, so what was read then does not count.
    """
    passed, stop = threading.Event(), threading.Event()

    def watch() -> None:
        if stop.wait(seconds):
            return
        passed.set()
        while not stop.wait(0.05):  # a connection may be opened after the first cut
            for open_socket in list(sockets):
                _cut(open_socket)

    watcher = threading.Thread(target=watch, name="fetch-deadline", daemon=True)
    watcher.start()
    try:
        yield
    except (requests.RequestException, HTTPError, OSError) as error:
        if passed.is_set():
            raise FetchError(f"no complete answer within {seconds:g} s") from error
        raise
    finally:
        stop.set()
        watcher.join()
    if passed.is_set():
        raise FetchError(f"no complete answer within {seconds:g} s")


def _cut(open_socket: socket.socket) -> None:
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:  # it is closed already
        return


def _within(seconds: float, open_connection: Callable[[], socket.socket]) -> socket.socket:
    """Open a connection in a thread of its own: no time-out reaches the system's resolver of names.

    Raises ``FetchError`` when it takes longer; what is opened later is closed at once.
    """
    opening: Future[socket.socket] = Future()

    def work() -> None:
        try:
            opening.set_result(open_connection())
        except (HTTPError, OSError, ValueError) as error:  # ValueError: a name that cannot be encoded
            opening.set_exception(error)

    threading.Thread(target=work, name="fetch-connect", daemon=True).start()
    try:
        return opening.result(seconds)
    except TimeoutError as error:
        if opening.done():
            raise
        opening.add_done_callback(_close_late)
        raise FetchError(f"the name was not resolved and connected to within {seconds:g} s") from error


def _close_late(opening: Future[socket.socket]) -> None:
    if opening.exception() is None:
        opening.result().close()


class _Adapter(HTTPAdapter):
    """Bounds the opening of each connection and reports it, so that the deadline can cut it."""

    def __init__(self, opened: Callable[[socket.socket], None], seconds: float) -> None:
        self._pools = _pools(opened, seconds)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(opened: Callable[[socket.socket], None], seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            made = _within(seconds, super()._new_conn)
            opened(made.dup())  # TLS takes the original over; a duplicate still reaches the connection
            return made

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            made = _within(seconds, super()._new_conn)
            opened(made.dup())
            return made

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
