"""Slack's end of a Socket Mode connection on loopback: an envelope out, its acknowledgement in (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE = 1, 8


class SocketMode:
    """Sends an envelope to whoever connects. ``acknowledged`` and ``left`` say what came of it."""

    def __init__(self, envelope: dict[str, Any]) -> None:
        self.envelope = envelope
        self.acknowledged = threading.Event()
        self.left = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listening.getsockname()[1]}/link?ticket=1"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                with connection, connection.makefile("rb") as lines:
                    self._talk(connection, lines)
                self.left.set()

    def _talk(self, connection: socket.socket, lines: Any) -> None:
        key = ""
        while (line := lines.readline().decode().strip()) or not key:
            if line.lower().startswith("sec-websocket-key:"):
                key = line.partition(":")[2].strip()
        accept = base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode()).digest()).decode()
        head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        connection.sendall(f"{head}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        _send(connection, {"type": "hello"})
        _send(connection, self.envelope)
        for kind, body in _frames(lines):
            if kind == _TEXT and json.loads(body)["envelope_id"] == self.envelope["envelope_id"]:
                self.acknowledged.set()
            if kind == _CLOSE:
                return


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
def socket_mode(envelope: dict[str, Any]) -> Iterator[SocketMode]:
    """A running end of Slack's."""
    running = SocketMode(envelope)
    thread = threading.Thread(target=running.serve, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.listening.close()
