"""Column types that behave the same on SQLite and Postgres."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, going in and coming out.

    SQLite forgets the zone of a ``DateTime(timezone=True)``; this type puts it back. A naive value
    is refused: it would be stored as whatever the host's zone happens to be.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a zone cannot be stored: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        return _from_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


@lru_cache(maxsize=4_096)
def _from_sqlite(text: str | None) -> datetime | None:
    """The moment that SQLite keeps as text; remembered, since the rows of a batch share a few."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


Json: Any = JSON().with_variant(JSONB(), "postgresql")

# SQLite numbers rows by itself only for INTEGER PRIMARY KEY, never for BIGINT.
BigId = BigInteger().with_variant(Integer(), "sqlite")

# Postgres' words of a text with their places; SQLite keeps them in a table of its own (FTS5).
SearchVector: Any = Text().with_variant(TSVECTOR(), "postgresql")
