"""The clock. Looked at at the edges, once per step or request; below them the moment is an argument."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """This moment, aware in UTC."""
    return datetime.now(UTC)
