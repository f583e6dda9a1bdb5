"""Slack's end of a Socket Mode connection on loopback: envelopes out, acknowledgements in (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE = 1, 8


DISCONNECT: dict[str, Any] = {"type": "disconnect", "reason": "refresh_requested"}
"""Slack asks for a new connection, about once an hour; it hangs up after that."""
HANG_UP: dict[str, Any] = {"type": "hang up"}
"""The connection is cut without a word."""


class SocketMode:
    """Sends each connection its own envelopes, later ones none.

    ``acknowledged`` and ``left`` say what came of it, ``acks`` names envelopes, ``came`` counts connections.
    """

    def __init__(self, *connections: Sequence[dict[str, Any]]) -> None:
        self.waiting = list(connections)
        self.acknowledged = threading.Event()
        self.left = threading.Event()
        self.acks: list[str] = []
        self.came = 0
        self.told = threading.Condition()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listening.getsockname()[1]}/link?ticket=1"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                envelopes = self.waiting.pop(0) if self.waiting else ()
                threading.Thread(target=self._held, args=(connection, envelopes), daemon=True).start()

    def wait_for(self, acks: int, connections: int = 1) -> None:
        """Until so many envelopes are acknowledged and so many connections came."""
        with self.told:
            done = self.told.wait_for(lambda: len(self.acks) >= acks and self.came >= connections, 60)
        assert done, (self.acks, self.came)

    def _held(self, connection: socket.socket, envelopes: Sequence[dict[str, Any]]) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            self._talk(connection, lines, envelopes)
        self.left.set()

    def _talk(self, connection: socket.socket, lines: Any, envelopes: Sequence[dict[str, Any]]) -> None:
        key = ""
        while (line := lines.readline().decode().strip()) or not key:
            if line.lower().startswith("sec-websocket-key:"):
                key = line.partition(":")[2].strip()
        accept = base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode()).digest()).decode()
        head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        connection.sendall(f"{head}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        with self.told:
            self.came += 1
            self.told.notify_all()
        _send(connection, {"type": "hello"})
        frames = _frames(lines)
        for envelope in envelopes:
            if envelope is HANG_UP:
                return
            _send(connection, envelope)
            if envelope is DISCONNECT:
                return
            self._listen(frames, until=envelope["envelope_id"])
        self._listen(frames)

    def _listen(self, frames: Iterator[tuple[int, bytes]], until: str = "") -> None:
        """Note what is acknowledged, until one envelope is or the other side hangs up."""
        for kind, body in frames:
            if kind == _CLOSE:
                return
            if kind == _TEXT:
                self._note(json.loads(body)["envelope_id"])
                if self.acks[-1] == until:
                    return

    def _note(self, envelope_id: str) -> None:
        with self.told:
            self.acks.append(envelope_id)
            self.told.notify_all()
        self.acknowledged.set()


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    connection.sendall(bytes([0x80 | _TEXT, 126]) + len(body).to_bytes(2, "big") + body)


def _frames(lines: Any) -> Iterator[tuple[int, bytes]]:
    """Masked frames as a client sends them, until it hangs up."""
    while len(head := lines.read(2)) == 2:
        length = head[1] & 0x7F
        if length == 126:
            length = int.from_bytes(lines.read(2), "big")
        mask, body = lines.read(4), lines.read(length)
        yield head[0] & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(body))


@contextmanager
def socket_mode(*connections: Sequence[dict[str, Any]]) -> Iterator[SocketMode]:
    """A running end of Slack's."""
    running = SocketMode(*connections)
    thread = threading.Thread(target=running.serve, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.listening.close()
