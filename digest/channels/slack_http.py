"""One POST, with the two ways it can fail kept apart: nothing was sent, or no answer came.

The usual HTTP clients report both as the same error, follow redirects and repeat by themselves;
a post must do none of this. One connection per post, checked at connect, under one deadline.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MAX_ANSWER = 4 * 1024 * 1024
CONNECT_SECONDS = 10.0
DEADLINE_SECONDS = 60.0


class NothingSent(Exception):
    """No connection: the counterpart saw no request."""


class NoAnswer(Exception):
    """The request may have arrived; no complete answer came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for connecting and for the whole of one post."""

    connect: float = CONNECT_SECONDS
    deadline: float = DEADLINE_SECONDS


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, limits: Limits, public_only: bool = False
) -> Reply:
    """POST once, follow nothing. ``public_only`` refuses addresses that are not globally routable.

    Raises ``NothingSent`` or ``NoAnswer``; neither names the address, which may be a secret.
    """
    parts = urlsplit(url)
    connection = _Checked(
        parts.hostname or "", parts.port, limits, public_only=public_only, secure=parts.scheme == "https"
    )
    try:
        connection.connect()
    except (OSError, UnicodeError) as error:
        connection.close()
        raise NothingSent(f"no connection: {_plainly(error)}") from None
    try:
        with _deadline(connection.sock, limits.deadline):
            connection.request("POST", parts.path or "/", body, dict(headers) | {"Connection": "close"})
            return _read(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"no answer: {_plainly(error)}") from None
    finally:
        connection.close()


def _plainly(error: Exception) -> str:
    """What kind of error, without the text: that may hold an address."""
    if isinstance(error, PermissionError):
        return "the address is not public"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the certificate cannot be verified"
    return type(error).__name__


def _read(response: http.client.HTTPResponse) -> Reply:
    """The answer, if its end can be told: by a length or by chunks, and all of it came."""
    framed = response.chunked or response.length is not None  # a cut header leaves neither
    body = response.read(MAX_ANSWER + 1)
    if not framed:
        raise http.client.IncompleteRead(body)
    if len(body) > MAX_ANSWER:
        raise ValueError("too long")
    if response.length:  # read() with a size does not notice a body cut short
        raise http.client.IncompleteRead(body, response.length)
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, body)


@contextmanager
def _deadline(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Cut the connection when the whole exchange takes too long: a socket's timeout is per byte."""
    timer = threading.Timer(seconds, _shut, (sock,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed meanwhile: the answer came in time after all


class _Checked(http.client.HTTPConnection):
    """A connection to an address that was checked first: no second look-up can change it."""

    def __init__(
        self, host: str, port: int | None, limits: Limits, *, public_only: bool, secure: bool
    ) -> None:
        super().__init__(host, port or (443 if secure else 80), timeout=limits.deadline)
        self._connect_seconds = limits.connect
        self._public_only = public_only
        self._secure = secure

    def connect(self) -> None:
        raw = self._first_open()
        if self._secure:
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=self.host)
        raw.settimeout(self.timeout)
        self.sock = raw

    def _first_open(self) -> socket.socket:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        failure: OSError = PermissionError("not public")
        for family, kind, protocol, _, address in found:
            if self._public_only and not _public(str(address[0])):
                continue
            try:
                return self._open(family, kind, protocol, address)
            except OSError as error:
                failure = error
        raise failure

    def _open(self, family: int, kind: int, protocol: int, address: Any) -> socket.socket:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(self._connect_seconds)
            sock.connect(address)
        except OSError:
            sock.close()
            raise
        return sock


def _public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_global and not (mapped or found).is_multicast)
