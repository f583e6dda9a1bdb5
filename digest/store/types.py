"""Column types that behave the same on SQLite and Postgres."""

from __future__ import annotations

from datetime import UTC, datetime
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
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json: Any = JSON().with_variant(JSONB(), "postgresql")

# SQLite numbers rows by itself only for INTEGER PRIMARY KEY, never for BIGINT.
BigId = BigInteger().with_variant(Integer(), "sqlite")

# Postgres' words of a text with their places; SQLite keeps them in a table of its own (FTS5).
SearchVector: Any = Text().with_variant(TSVECTOR(), "postgresql")
