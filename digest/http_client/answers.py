"""What a fetch may cost, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from digest.errors import SourceError


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
