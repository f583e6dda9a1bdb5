"""Names what a driver reports: a store that is read-only, full, damaged, without schema, or just busy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from digest.errors import StoreBusy, StoreError


@dataclass(frozen=True, slots=True)
class Trouble:
    """A trouble that a person must end. ``states`` are Postgres' codes, ``signs`` words of SQLite's."""

    message: str
    remedy: str
    states: frozenset[str] = frozenset()
    signs: tuple[str, ...] = ()


AGAIN = "try again in a moment; a process that stays does so by itself"
LOCKED = frozenset({"55P03", "40P01", "57014"})
"""A lock that was not to be had in time, a deadlock, a statement that took too long."""
ROOM = 64 * 1024
"""SQLite asks for 32 KiB at a time."""
FULL = Trouble(
    "the disk of the store is full",
    "free some space; nothing was half written",
    frozenset({"53100"}),
    ("is full",),
)
TROUBLES = (
    Trouble(
        "the store is read-only",
        "make the file and its folder writable, or point store.url at the server that takes writes",
        frozenset({"25006"}),  # a server that only follows another, or was told so
        ("readonly",),
    ),
    FULL,
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


def named(error: DBAPIError, store: URL) -> StoreError | None:
    """The error as one of ours, or ``None`` when it is a fault of the statement or its values.

    Remedies name the store, messages do not: those are told to whoever asks a site for its health.
    """
    for trouble in TROUBLES:
        if _is(error, trouble):
            return StoreError(trouble.message, remedy=trouble.remedy)
    if not isinstance(error, OperationalError) and not error.connection_invalidated:
        return None
    name = store.render_as_string(hide_password=True)
    if store.get_backend_name() == "sqlite":
        return _of_the_file(str(error.orig), store, name)
    if getattr(error.orig, "sqlstate", None) in LOCKED:
        return StoreBusy("the store is busy: another process holds a lock", remedy=f"{AGAIN} ({name})")
    lost = error.connection_invalidated
    what = "the connection to the store was lost" if lost else "the store cannot be reached"
    return StoreBusy(what, remedy=f"check that the server of {name} runs and lets this user in; {AGAIN}")


def _of_the_file(text: str, store: URL, name: str) -> StoreError:
    """A trouble of a SQLite file. One that cannot have its -shm on a full disk speaks of I/O alone."""
    if "disk I/O error" not in text:
        return StoreBusy("the store is locked: another process writes to it", remedy=f"{AGAIN} ({name})")
    if _is_full(Path(store.database or "")):
        return StoreError(FULL.message, remedy=FULL.remedy)
    return StoreBusy(
        "the disk of the store fails (disk I/O error)", remedy=f"check the disk of {name}; {AGAIN}"
    )


def _is_full(file: Path) -> bool:
    try:
        disk = os.statvfs(file.absolute().parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < ROOM


def _is(error: DBAPIError, trouble: Trouble) -> bool:
    """By Postgres' code, whatever class and language it comes in; SQLite has words only.

    Those are not looked for where values are quoted, as in the text of a broken constraint.
    """
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in trouble.states
    about_the_file = isinstance(error, OperationalError) or type(error) is DatabaseError
    return about_the_file and any(sign in str(error.orig) for sign in trouble.signs)
