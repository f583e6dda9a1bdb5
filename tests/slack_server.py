"""A small stateful Slack on loopback: conversations, threads, metadata, limits, and faults on order.

Stricter than a kind counterpart: it refuses what the documented limits of Block Kit forbid, checks the
token and the pace, and can lose an answer after (or before) it has taken the message.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from digest.slack.scopes import SCOPES

TOKEN = "xoxb-canary-token"
Json = dict[str, Any]


@dataclass
class Slack:
    """The state of the workspace. ``faults`` are taken one per post, in order; an empty text is none."""

    channels: set[str] = field(default_factory=lambda: {"C1", "D1"})
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    messages: list[Json] = field(default_factory=list)
    hooked: list[Json] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    reading_faults: list[str] = field(default_factory=list)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    page: int = 3
    url: str = ""
    stamps: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.RLock = field(default_factory=threading.RLock)
    zone: str = "Europe/Berlin"
    broken: bool = False
    socket_url: str = ""
    scopes: str = ",".join(SCOPES)
    told: threading.Condition = field(default_factory=threading.Condition)

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    @property
    def hook(self) -> str:
        return f"{self.url}/services/T1/B1/canary"

    def parents(self) -> list[Json]:
        return [message for message in self.messages if not message.get("thread_ts")]

    def called(self, method: str) -> list[Json]:
        return [arguments for name, arguments in self.calls if name == method]

    def wait_for(self, method: str, count: int = 1) -> list[Json]:
        """The calls of a method once there are so many; answers to ``response_url`` are ``response``."""
        with self.told:
            came = self.told.wait_for(lambda: len(self.called(method)) >= count, timeout=60)
        assert came, f"{method} was called {len(self.called(method))} times, not {count}"
        return self.called(method)

    def post(self, arguments: Json) -> Json:
        channel = "D1" if str(arguments.get("channel")).startswith("U") else arguments.get("channel")
        if channel not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        wrong = wrong_content(arguments)
        if wrong:
            return {"ok": False, "error": wrong}
        stamp = f"1700000000.{next(self.stamps):06d}"
        self.messages.append({**arguments, "channel": channel, "ts": stamp})
        return {"ok": True, "channel": channel, "ts": stamp}

    def history(self, arguments: Json) -> Json:
        """Newest first, in pages; metadata only when asked for."""
        found = [one for one in self.parents() if one["channel"] == arguments["channel"]]
        return self._paged(list(reversed(found)), arguments)

    def replies(self, arguments: Json) -> Json:
        parent = arguments["ts"]
        found = [one for one in self.messages if parent in (one["ts"], one.get("thread_ts"))]
        return self._paged(found, arguments) if found else {"ok": False, "error": "thread_not_found"}

    def _paged(self, found: list[Json], arguments: Json) -> Json:
        start = int(arguments.get("cursor", 0))
        shown = [dict(one) for one in found[start : start + self.page]]
        if arguments.get("include_all_metadata") != "true":
            for one in shown:
                one.pop("metadata", None)
        more = start + self.page < len(found)
        cursor = str(start + self.page) if more else ""
        return {"ok": True, "messages": shown, "response_metadata": {"next_cursor": cursor}}


def wrong_content(arguments: Json) -> str:
    """The documented limits of a message."""
    blocks = arguments.get("blocks", [])
    if not blocks and not arguments.get("text"):
        return "no_text"
    if len(blocks) > 50:
        return "invalid_blocks"
    if len(json.dumps(blocks, ensure_ascii=False)) > 13_000:
        return "msg_blocks_too_long"
    names = [block["block_id"] for block in blocks if "block_id" in block]
    fine = all(_fits(block) for block in blocks) and len(names) == len(set(names))
    return "" if fine else "invalid_blocks"


def _fits(block: Json) -> bool:
    if len(block.get("block_id", "")) > 255:
        return False
    kind = block["type"]
    if kind == "header":
        return 0 < len(block["text"]["text"]) <= 150 and block["text"]["type"] == "plain_text"
    if kind == "section":
        return 0 < len(block["text"]["text"]) <= 3000
    if kind == "context":
        texts = [element["text"] for element in block["elements"]]
        return 0 < len(texts) <= 10 and all(0 < len(text) <= 3000 for text in texts)
    if kind == "actions":
        buttons = block["elements"]
        return 0 < len(buttons) <= 25 and all(
            len(one["text"]["text"]) <= 75 and len(one["value"]) <= 2000 for one in buttons
        )
    return bool(kind == "divider")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    slack: Slack

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        with self.slack.lock:
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        method = self.path.rpartition("/")[2]
        arguments = self._arguments(body)
        with self.slack.told:
            self.slack.calls.append((method, arguments))
            self.slack.told.notify_all()
        posting = method == "chat.postMessage" or self.path.startswith("/services/")
        reading = method.startswith("conversations.")
        queue = self.slack.faults if posting else self.slack.reading_faults if reading else []
        fault = "drop" if self.slack.broken else queue.pop(0) if queue else ""
        if fault and fault != "lose":
            self._fail(fault)
            return
        status, kind, answer = self._do(method, arguments)
        if fault == "lose":
            self._cut()
            return
        self._send(status, answer, kind)

    def _arguments(self, body: bytes) -> Json:
        if self.headers.get("Content-Type", "").startswith("application/json"):
            found: Json = json.loads(body or b"{}")
            return found
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}

    def _do(self, method: str, arguments: Json) -> tuple[int, str, bytes]:
        if self.path.startswith("/response"):
            return 200, "text/html", b"ok"
        if self.path.startswith("/services/"):
            wrong = wrong_content(arguments)
            if wrong:
                return 400, "text/html", wrong.encode()
            self.slack.hooked.append(arguments)
            return 200, "text/html", b"ok"
        return 200, "application/json", json.dumps(self._api(method, arguments)).encode()

    def _api(self, method: str, arguments: Json) -> Json:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.get("token", "")
        if method == "oauth.v2.access":
            return self._installed(arguments)
        if token not in self.slack.tokens:
            return {"ok": False, "error": "invalid_auth"}
        if method == "chat.postMessage":
            return self.slack.post(arguments)
        if method == "conversations.history":
            return self.slack.history(arguments)
        if method == "conversations.replies":
            return self.slack.replies(arguments)
        if method == "apps.connections.open":
            return {"ok": True, "url": self.slack.socket_url}
        if method == "conversations.open":
            return {"ok": True, "channel": {"id": "D1"}}
        if method == "users.info":
            return {"ok": True, "user": {"id": arguments["user"], "tz": self.slack.zone}}
        if method == "auth.test":
            return {
                "ok": True,
                "team_id": "T111",
                "user_id": "UBOT",
                "team": "Lab",
                "bot_id": "B1",
                "url": self.slack.url,
            }
        return {"ok": True}

    def _installed(self, arguments: Json) -> Json:
        if arguments.get("code") != "good":
            return {"ok": False, "error": "invalid_code"}
        return {
            "ok": True,
            "access_token": TOKEN,
            "token_type": "bot",
            "scope": "commands,chat:write",
            "bot_user_id": "UBOT",
            "app_id": "A1",
            "team": {"id": "T111", "name": "Lab"},
            "enterprise": None,
            "authed_user": {"id": "U1"},
            "is_enterprise_install": False,
        }

    def _fail(self, fault: str) -> None:
        kind, _, detail = fault.partition(":")
        if kind == "drop":
            self._cut()
        elif kind == "429":
            self._send(429, b'{"ok":false,"error":"ratelimited"}', retry_after=detail)
        elif kind == "error":
            self._send(200, json.dumps({"ok": False, "error": detail}).encode())
        elif kind == "status":
            self._send(int(detail), b"<html>gateway</html>", "text/html")
        elif kind == "json":
            status, _, text = detail.partition(":")
            self._send(int(status), text.encode())
        elif kind == "raw":
            self._send(200, detail.encode(), "text/html")
        elif kind == "hook":
            status, _, text = detail.partition(":")
            self._send(int(status), text.encode(), "text/html")
        else:
            raise ValueError(fault)

    def _cut(self) -> None:
        """Reset the connection: no answer comes."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _send(
        self, status: int, body: bytes, kind: str = "application/json", *, retry_after: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-OAuth-Scopes", self.slack.scopes)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return  # the connection was cut on purpose

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature is the library's
        return


@contextmanager
def running_slack() -> Iterator[Slack]:
    """The server, on a free port of loopback."""
    slack = Slack()
    handler = type("Handler", (_Handler,), {"slack": slack})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    slack.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
