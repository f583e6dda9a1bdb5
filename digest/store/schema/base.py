"""What all tables share: names of constraints, column types."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Date, LargeBinary, MetaData, Text, Time
from sqlalchemy.orm import DeclarativeBase

from digest.store.types import Json, UtcDateTime

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads this class attribute
        datetime: UtcDateTime(),
        date: Date(),
        time: Time(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[Any]: Json,
        bytes: LargeBinary(),
        str: Text(),
    }
