"""Numbers for servers that cannot be asked which port they took."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port(address: str = "127.0.0.1") -> Iterator[int]:
    """A port of an address of this machine on which nobody listens but who is told its number.

    It stays bound here, without listening: to whoever asks for any port the system gives another, and no
    connection comes from it. A server that asks for this very number with ``SO_REUSEADDR``, as servers do,
    gets it. Until then, connections to it are refused.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((address, 0))
        yield held.getsockname()[1]
