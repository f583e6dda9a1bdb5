"""Brings the schema of a store to a revision, and compares it with the models. By alembic."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from digest.store.database import make_place, named_errors
from digest.store.revisions import current, migrations_folder, refuse_newer
from digest.store.schema import Base


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to ``revision``. Several processes may call it at once: one does the work.

    A SQLite store that is not there yet is made. Raises ``SchemaError`` for the schema of a newer program,
    ``StoreError`` for a place at which no store can be made.
    """
    make_place(engine)
    refuse_newer(current(engine))
    with named_errors(engine):
        command.upgrade(_settings(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Bring the schema back to ``revision``; used to prove that migrations lose nothing."""
    with named_errors(engine):
        command.downgrade(_settings(engine), revision)


def differences(engine: Engine) -> list[Any]:
    """What ``alembic check`` would find: differences between models and the migrated schema."""
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, Base.metadata))


def _settings(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["engine"] = engine
    return config


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a name is of the models: SQLite's full-text table and a cluster's queue stand beside them."""
    return not (kind == "table" and name is not None and name.startswith(("paper_search", "procrastinate_")))
