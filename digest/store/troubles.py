"""Names what a driver reports: a store that is read-only, full, damaged, without schema, or just busy."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from digest.errors import StoreBusy, StoreError


@dataclass(frozen=True, slots=True)
class Trouble:
    """A trouble that a person must end. ``states`` are Postgres' codes, ``signs`` words of SQLite's."""

    message: str
    remedy: str
    states: frozenset[str] = frozenset()
    signs: tuple[str, ...] = ()


TROUBLES = (
    Trouble(
        "the store is read-only",
        "make the file and its folder writable, or point store.url at the server that takes writes",
        frozenset({"25006"}),  # a server that only follows another, or was told so
        ("readonly",),
    ),
    Trouble(
        "the disk of the store is full",
        "free some space; nothing was half written",
        frozenset({"53100"}),
        ("is full",),
    ),
    Trouble(
        "the store is damaged",
        "restore a backup made by `digest db backup`",
        frozenset({"XX001", "XX002"}),
        ("malformed", "not a database"),
    ),
    Trouble("the store has no schema", "run `digest db upgrade`", frozenset({"42P01"}), ("no such table",)),
    Trouble(
        "the store cannot be opened",
        "check store.url and the rights on its folder",
        signs=("unable to open",),
    ),
)


def named(error: DBAPIError) -> StoreError | None:
    """The error as one of ours, or ``None`` when it is a fault of the statement or its values."""
    for trouble in TROUBLES:
        if _is(error, trouble):
            return StoreError(trouble.message, remedy=trouble.remedy)
    if error.connection_invalidated:
        return StoreBusy("the connection to the store was lost", remedy="it is tried again")
    if isinstance(error, OperationalError):
        return StoreBusy("the store is busy or out of reach", remedy="check that it runs; it is tried again")
    return None


def _is(error: DBAPIError, trouble: Trouble) -> bool:
    """By Postgres' code, whatever class and language it comes in; SQLite has words only.

    Those are not looked for where values are quoted, as in the text of a broken constraint.
    """
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in trouble.states
    about_the_file = isinstance(error, OperationalError) or type(error) is DatabaseError
    return about_the_file and any(sign in str(error.orig) for sign in trouble.signs)
