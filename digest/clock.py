"""The clock. Looked at at the edges, once per step or request; below them the moment is an argument."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.errors import DigestError

BUILT = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows an earlier moment than this program's own."""


def utc_now() -> datetime:
    """This moment, aware in UTC."""
    return datetime.now(UTC)


def refuse_wrong_clock(now: datetime) -> None:
    """Raise ``DigestError`` when the clock cannot be right: every slot would be wrong."""
    if now < BUILT:
        raise DigestError(
            f"the clock of this machine shows {now:%Y-%m-%d}",
            remedy="set it (is NTP running?) and start again",
        )
