"""A small disk with a store on it, to be filled up and made read-only."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor

from digest.store.database import open_engine


@dataclass
class Disk:
    """A small disk with a store on it. Once full, not one byte more can be written."""

    folder: Path
    filler: Path = field(init=False)

    def __post_init__(self) -> None:
        self.filler = self.folder / "filler"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'store.sqlite3'}"

    def open(self) -> Engine:
        return open_engine(self.url)

    def fill_up(self) -> None:
        """Fold the log of writes into the store, so that the next write needs room; then take all room."""
        engine = self.open()
        with engine.connect().execution_options(read_only=True) as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            until = time.monotonic() + 30
            while _is_busy(raw.cursor()):
                assert time.monotonic() < until, "somebody is writing"
                time.sleep(0.05)
        self.take_all_room()
        engine.dispose()

    def take_all_room(self) -> None:
        """Also what SQLite's own files beside the store had, where nobody has it open."""
        with self.filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self) -> None:
        self.filler.unlink()

    def freeze(self, *, frozen: bool) -> None:
        """Make the disk read-only, or writable again; nobody may have a file on it open for writing."""
        how = f"remount,{'ro' if frozen else 'rw'}"
        subprocess.run(["mount", "-o", how, str(self.folder)], check=True)


def _is_busy(cursor: DBAPICursor) -> bool:
    """Whether somebody keeps the log of writes from being folded into the store."""
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (busy, *_) = cursor.fetchone() or (1,)
    return bool(busy)
