"""Which revision of the schema a store has, and whether this program fits it.

Asked at every start, so without alembic, whose import alone takes longer than the question.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from digest.errors import SchemaError, StoreError
from digest.store.database import is_missing, named_errors, refuse_missing


def migrations_folder() -> Path:
    """Where the migrations lie: at the root of a checkout, inside the package when installed.

    Raises ``StoreError`` for an installation without them.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise StoreError("the migrations are missing from this installation", remedy="install digest again")


def known() -> list[str]:
    """The revisions this program knows, oldest first: the numbers that the migrations' files begin with.

    Raises ``StoreError`` for an installation without any.
    """
    found = sorted(path.name.partition("_")[0] for path in (migrations_folder() / "versions").glob("*_*.py"))
    if not found:
        raise StoreError("this installation has no migrations", remedy="install digest again")
    return found


def head() -> str:
    """The newest revision this program knows. Raises ``StoreError`` for an installation without any."""
    return known()[-1]


def current(engine: Engine) -> str | None:
    """The revision the store is at; ``None`` for a store without a schema, or that is not there yet.

    Raises ``StoreError`` when the store cannot be read.
    """
    if is_missing(engine):
        return None
    with named_errors(engine), engine.execution_options(read_only=True).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def check_schema(engine: Engine) -> None:
    """Refuse a schema that is not exactly the program's. Raises ``SchemaError`` with the command to run,
    ``StoreError`` for a SQLite store that is not there.
    """
    refuse_missing(engine)
    found, wanted = current(engine), head()
    if found == wanted:
        return
    if found is None:
        raise SchemaError("the store has no schema yet", remedy="run `digest db upgrade`")
    refuse_newer(found)
    raise SchemaError(
        f"the store's schema is {found}, this program needs {wanted}", remedy="run `digest db upgrade`"
    )


def refuse_newer(found: str | None) -> None:
    """Refuse a revision of which this program knows nothing: only a newer one can have made it.

    Raises ``SchemaError``.
    """
    if found is not None and found not in known():
        raise SchemaError(
            f"the store's schema ({found}) is newer than this program ({head()})",
            remedy="install the newer digest",
        )
