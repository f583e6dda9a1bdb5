"""What every request passes: size limit, HEAD as GET, safe headers, a log line without secrets."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.tokens import PATHS

LARGEST_BODY = 64 * 1024
"""Bytes: many times the largest form there is; refused before anything reads it."""
LONGEST_ADDRESS = 8 * 1024
"""Bytes of path and query; no link of ours has a tenth of it."""
SLACK_EVENTS, LARGEST_EVENT = "/slack/events", 1_000_000
"""A press brings the message with it: more than any form."""

TOKEN_PATHS = tuple(path for paths in PATHS.values() for path in paths)
_TOKEN_PATH = re.compile(rf"^/({'|'.join(TOKEN_PATHS)})/(?!trending\.)[^/]+")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), interest-cohort=()"),
)


def masked(path: str) -> str:
    """A path as it may be logged: without its token.

    >>> masked("/f/abc.def/2503.02130/more"), masked("/day/2026-03-02")
    ('/f/***/2503.02130/more', '/day/2026-03-02')
    """
    return _TOKEN_PATH.sub(lambda found: f"/{found[1]}/***", path)


def secret(path: str) -> bool:
    """Whether a path holds a token: such answers are stored nowhere."""
    return _TOKEN_PATH.match(path) is not None


class Guard:
    """ASGI middleware around the whole site."""

    def __init__(self, app: ASGIApp, *, https: bool, root: str = "") -> None:
        self.app = app
        self.https = https
        self.root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(self.root) or "/"
        answer = _Answer(send, path, head=scope["method"] == "HEAD", https=self.https)
        started = time.perf_counter()
        largest = LARGEST_EVENT if path == SLACK_EVENTS else LARGEST_BODY
        scope = {**scope, "root_path": self.root, "method": "GET" if answer.head else scope["method"]}
        try:
            if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
                await answer.refuse(414)
            elif _announced(scope["headers"]) > largest:
                await answer.refuse(413)
            else:
                await self.app(scope, _bounded(receive, largest), answer)
        except TooLarge:
            await answer.refuse(413)
        except Exception:  # answered and noted by `failing`; a traceback in the log could hold secrets
            if not answer.status:
                raise
        finally:
            self._log(scope, path, answer, time.perf_counter() - started)

    def _log(self, scope: Scope, path: str, answer: _Answer, seconds: float) -> None:
        structlog.get_logger().info(
            "request",
            method="HEAD" if answer.head else scope["method"],
            path=masked(path)[:200],
            status=answer.status,
            milliseconds=round(seconds * 1000),
        )


class TooLarge(HTTPException):
    """The body outgrew the limit while it was read."""

    def __init__(self) -> None:
        super().__init__(413)


def _announced(headers: Iterable[tuple[bytes, bytes]]) -> int:
    length = next((value for name, value in headers if name == b"content-length"), b"0")
    return int(length) if length.isdigit() and len(length) < 19 else LARGEST_EVENT + 1


def _bounded(receive: Receive, largest: int) -> Receive:
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > largest:
            raise TooLarge
        return message

    return limited


class _Answer:
    """Sends the answer on, with our headers; without its body for HEAD."""

    def __init__(self, send: Send, path: str, *, head: bool, https: bool) -> None:
        self.send = send
        self.path = path
        self.head = head
        self.https = https
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._headers(message["headers"])}
        elif self.head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self.send(message)

    def _headers(self, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = list(given)
        names = {name.lower() for name, _ in headers}
        headers += [pair for pair in HEADERS if pair[0] not in names]
        if self.https:
            headers.append((b"strict-transport-security", b"max-age=31536000"))
        if secret(self.path):
            headers = [pair for pair in headers if pair[0].lower() != b"cache-control"]
            headers += [(b"cache-control", b"no-store"), (b"x-robots-tag", b"noindex, nofollow")]
        elif b"cache-control" not in names:
            headers.append((b"cache-control", b"no-cache"))
        return headers

    async def refuse(self, status: int) -> None:
        """Answer that body or address is too large, if nothing was answered yet."""
        if self.status:
            return
        body = b"too large\n"
        length = (b"content-length", str(len(body)).encode())
        kind = (b"content-type", b"text/plain; charset=utf-8")
        close = (b"connection", b"close")
        await self({"type": "http.response.start", "status": status, "headers": [length, kind, close]})
        await self({"type": "http.response.body", "body": body})
