"""Connections that are opened in time, and cut when the time of a whole fetch is over.

No HTTP client has such a deadline: its time-out is per read, so that a server that drips bytes holds it for
ever, and none reaches the system's resolver of names.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from digest.http_client.answers import FetchError


@contextmanager
def deadline(seconds: float, sockets: list[socket.socket]) -> Iterator[None]:
    """Cut every open connection when ``seconds`` are over, whatever the reader is waiting for.

    A cut connection may look like the regular end of a body, so what was read then does not count.
    """
    passed, stop, began = threading.Event(), threading.Event(), time.monotonic()

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
        if time.monotonic() - began >= seconds:  # a read that waits as long may give up before it is cut
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


class Adapter(HTTPAdapter):
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
