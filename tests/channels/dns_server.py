"""A name server on loopback (Debian's unbound): SPF, DKIM and DMARC as an operator would set them."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest


def free_port() -> int:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def program(name: str) -> str:
    found = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def running(*command: str, port: int, patience: float = 60) -> Iterator[None]:
    """A program from when it listens on ``port`` to the end of the block."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(process, port, time.monotonic() + patience)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _await(process: subprocess.Popen[bytes], port: int, until: float) -> None:
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{process.args!r} did not listen on {port}")


@contextmanager
def names(records: Mapping[str, str], folder: Path) -> Iterator[int]:
    """Serve TXT records, and the absence of all else; yields the port."""
    port = free_port()
    config = folder / "unbound.conf"
    config.write_text(_config(records, folder, port))
    with running(program("unbound"), "-d", "-c", str(config), port=port):
        yield port


def _config(records: Mapping[str, str], folder: Path, port: int) -> str:
    options = {
        "interface": f"127.0.0.1@{port}",
        "port": str(port),
        "do-daemonize": "no",
        "chroot": '""',
        "username": '""',
        "directory": f'"{folder}"',
        "pidfile": '""',
        "use-syslog": "no",
        "module-config": '"iterator"',
        "local-zone": '"." static',
    }
    lines = [f"  {key}: {value}" for key, value in options.items()]
    lines += [f"  local-data: '{name}. 60 IN TXT {_strings(text)}'" for name, text in records.items()]
    return "\n".join(["server:", *lines, "remote-control:", "  control-enable: no", ""])


def _strings(text: str) -> str:
    """A TXT record's strings hold at most 255 bytes each."""
    return " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))
