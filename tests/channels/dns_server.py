"""A name server on loopback (Debian's unbound): SPF, DKIM and DMARC as an operator would set them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.channels.programs import program, running
from tests.ports import held_port


@contextmanager
def names(records: Mapping[str, str], folder: Path) -> Iterator[int]:
    """Serve TXT records, and the absence of all else; yields the port."""
    config = folder / "unbound.conf"
    with held_port() as port:
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
