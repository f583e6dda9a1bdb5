"""A source on loopback: serves days over HTTP as Hugging Face does, from anything that knows them.

``/api/daily_papers?date=&p=&limit=`` and ``/papers/date/DAY``, with the source's paging, its empty
days (``[]`` there, a redirect here), its errors, its compression and its rate limit. ``SourceServer.now``
is the moment the server believes in; move it to let a day fill.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from digest.demo.loopback import Loopback
from digest.demo.sample import listings
from digest.demo.shapes import Item, item_of, page_of

Days = Callable[[date, datetime], Sequence[Item]]
"""What a day's page holds at a moment; empty for a day without papers."""

DEFAULT_LIMIT = 50
MOST = 100
WINDOW_SECONDS = 300
ALLOWANCES = {"api": 500, "pages": 100}  # requests per window and address, for anonymous readers
NEIGHBOUR_DAYS = 31  # how far the arrows of a page look for another day with papers
NOT_FOUND = "Sorry, we can't find the page you are looking for."


def sample_source(day: date, now: datetime) -> list[Item]:
    """The bundled sample days."""
    return [item_of(listing) for listing in listings(day, now)]


def replayed(days: Mapping[date, Sequence[Item]]) -> Days:
    """Days that stay as they are, whatever the moment."""
    return lambda day, _now: days.get(day, ())


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer before it is sent."""

    status: HTTPStatus
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def answer(days: Days, target: str, now: datetime) -> Answer:
    """What the source answers to a request for ``target`` (path and query) at ``now``. Pure."""
    address = urlsplit(target)
    query = dict(parse_qsl(address.query))
    pieces = [piece for piece in address.path.split("/") if piece]
    match pieces:
        case ["api", "daily_papers"]:
            return _api(days, query, now)
        case ["papers", "date", text]:
            return _page(days, text, now)
        case ["papers"]:
            return _redirect(_neighbour(days, now.date() + timedelta(days=1), -1, now))
        case _:
            return _error(HTTPStatus.NOT_FOUND, NOT_FOUND)


def _api(days: Days, query: Mapping[str, str], now: datetime) -> Answer:
    try:
        day = date.fromisoformat(query["date"][:10]) if "date" in query else now.date()
        start, limit = int(query.get("p", 0)), int(query.get("limit", DEFAULT_LIMIT))
    except ValueError:
        return _error(HTTPStatus.BAD_REQUEST, "Invalid query parameters")
    if day > now.date():
        return _error(HTTPStatus.BAD_REQUEST, "The date must not be in the future")
    if start < 0 or not 1 <= limit <= MOST:
        return _error(HTTPStatus.BAD_REQUEST, f"limit must be 1 to {MOST}, p must not be negative")
    items = days(day, now)[start * limit : (start + 1) * limit]
    return Answer(HTTPStatus.OK, _json(list(items)))


def _page(days: Days, text: str, now: datetime) -> Answer:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _error(HTTPStatus.NOT_FOUND, NOT_FOUND)
    previous = _neighbour(days, day, -1, now)
    items = days(day, now) if day <= now.date() else ()
    if not items:
        return _redirect(previous)
    html = page_of(day, items, previous=previous, following=_neighbour(days, day, 1, now))
    return Answer(HTTPStatus.OK, html.encode(), "text/html; charset=utf-8")


def _neighbour(days: Days, day: date, step: int, now: datetime) -> date | None:
    """The nearest other day with papers that is not to come."""
    near = (day + timedelta(days=step * number) for number in range(1, NEIGHBOUR_DAYS + 1))
    return next((other for other in near if other <= now.date() and days(other, now)), None)


def _redirect(day: date | None) -> Answer:
    if day is None:
        return _error(HTTPStatus.NOT_FOUND, NOT_FOUND)
    return Answer(HTTPStatus.FOUND, headers={"Location": f"/papers/date/{day}"})


def _error(status: HTTPStatus, text: str) -> Answer:
    return Answer(status, _json({"error": text}))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class SourceServer(Loopback):
    """The source on a port of loopback while the ``with`` block runs.

    ``requests`` lists the targets asked for, in order; ``allowances`` are those of one window.
    """

    protocol = "HTTP"

    def __init__(
        self, days: Days, *, now: datetime, port: int = 0, allowances: Mapping[str, int] = ALLOWANCES
    ) -> None:
        self.days = days
        self.now = now
        self.allowances = allowances
        self.requests: list[str] = []
        self._allowances: dict[str, tuple[datetime, int]] = {}
        super().__init__(Conversation, port=port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def respond(self, target: str) -> Answer:
        """Answer one request and count it against the allowance."""
        kind = "api" if target.startswith("/api/") else "pages"
        with self.lock:
            self.requests.append(target)
            left, seconds = self._spend(kind)
        headers = {
            "RateLimit": f'"{kind}";r={max(left, 0)};t={seconds}',
            "RateLimit-Policy": f'"fixed window";"{kind}";q={self.allowances[kind]};w={WINDOW_SECONDS}',
        }
        if left < 0:
            refused = _error(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests")
            return Answer(refused.status, refused.body, headers=headers | {"Retry-After": str(seconds)})
        given = answer(self.days, target, self.now)
        return Answer(given.status, given.body, given.kind, given.headers | headers)

    def _spend(self, kind: str) -> tuple[int, int]:
        """Take one request of the window: how many are left (below 0: none were) and its seconds to go."""
        ends_at, left = self._allowances.get(kind, (self.now, 0))
        if ends_at <= self.now:
            ends_at, left = self.now + timedelta(seconds=WINDOW_SECONDS), self.allowances[kind]
        self._allowances[kind] = (ends_at, max(left - 1, -1))
        return left - 1, max(1, round((ends_at - self.now).total_seconds()))


class Conversation(BaseHTTPRequestHandler):
    """One connection. Answers are compressed when the reader can, as the source's are."""

    protocol_version = "HTTP/1.1"
    server_version = "sample-days"
    timeout = 30
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        self._send(with_body=False)

    def _send(self, *, with_body: bool) -> None:
        given = cast("SourceServer", self.server).respond(self.path)
        body = given.body
        self.send_response(given.status)
        for name, value in given.headers.items():
            self.send_header(name, value)
        if body and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", given.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the signature is the library's
        """Say nothing: what was asked stands in ``SourceServer.requests``."""
