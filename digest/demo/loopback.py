"""What both counterparts share: a threaded server on 127.0.0.1 that leaves nothing running."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from typing import Any, Self

from digest.errors import DigestError


class Loopback(ThreadingTCPServer):
    """Serves while its ``with`` block runs; at its end open connections are cut and all threads have ended.

    ``port`` 0 takes a free one. Raises ``DigestError`` when the port cannot be had.
    """

    allow_reuse_address = True
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 64
    protocol = ""

    def __init__(self, handler: type[BaseRequestHandler], *, port: int = 0) -> None:
        self.lock = Lock()
        self._connections: set[socket.socket] = set()
        try:
            super().__init__(("127.0.0.1", port), handler)
        except (OSError, OverflowError) as error:
            raise DigestError(
                f"no {self.protocol} server can be opened on 127.0.0.1:{port}: {error}",
                remedy="end the program that holds the port, or allow programs to listen on loopback",
            ) from error

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that hangs up is no error; anything else is told by the thread's traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self.serve_forever, args=(0.02,), name=self.protocol)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        with self.lock:
            open_ones = list(self._connections)
        for connection in open_ones:
            with suppress(OSError):  # it may have ended by itself since
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
