"""How quickly pages and the search answer at size, at rest and while the daemon prepares a day.

``python -m benchmarks.shows.pages --papers 20000 --subscribers 20000 [--sqlite]``; needs ``wrk`` (Debian has
it). One ``digest web`` serves the pages; ``wrk`` asks over a fixed number of connections, each again as soon
as it was answered. Any answer but 200 is an error.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine

from benchmarks import crowd, house, material
from benchmarks.shows.day import DIGEST, environment
from benchmarks.shows.server import postgres
from benchmarks.sinks import sink
from benchmarks.stores import sqlite
from digest.pipeline.collect import collect
from digest.store.database import open_engine
from digest.store.migrating import upgrade
from tests.ports import held_port
from tests.shelf import Shelf

PAPERS_A_DAY = 50
WORDS = (
    "diffusion", "language models", "robot*", '"video generation"', "benchmark", "attention",
    "reinforcement learning", "retrieval", "multimodal agents", "safety", "3D reconstruction", "speech",
)  # fmt: skip
KEYWORDS = "diffusion models, agents, video generation, retrieval, reasoning, benchmark, robot*, alignment"
_PREVIEW = f"keywords={quote(KEYWORDS)}&bar=4&limit=10".encode()
CONNECTIONS = {"day": 8, "search": 8, "lab": 8}
"""The site tries one profile after the other, and tells who waits for five seconds that it is busy."""
SEARCHES = 30


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds below which half, nine tenths and 99 of a hundred answers came; answers a second."""

    half: float
    nine_tenths: float
    most: float
    rate: float

    def __str__(self) -> str:
        return f"{self.half:,.0f} / {self.nine_tenths:,.0f} / {self.most:,.0f} ({self.rate:,.0f}/s)"


def main() -> None:
    given = _arguments()
    with sqlite() if given.sqlite else _postgres() as engine, sink() as mails, _folder() as folder:
        begun = time.perf_counter()
        newest = fill(engine, given.papers, given.subscribers)
        print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
        url = engine.url.render_as_string(hide_password=False)
        surroundings = environment(url, mails.port, folder)
        with serving(surroundings) as site:
            _wait_for(f"{site}/lab", data=_PREVIEW)  # until the words of 20,000 papers are counted
            asks = {
                "day": _plain(folder, f"/day/{newest}"),
                "search": _searching(folder),
                "profile preview": _previewing(folder),
            }
            at_rest = {name: loaded(site, script, given.seconds) for name, script in asks.items()}
            at_rest["digest search"] = searched(surroundings)
            with at_work(surroundings) as daemon:
                busy = {name: loaded(site, script, given.seconds) for name, script in asks.items()}
                busy["digest search"] = searched(surroundings)
                if daemon.poll() is not None:
                    print("the daemon was done before the end: take more subscribers")
    print(f"{given.papers:,} papers, {given.subscribers:,} subscribers,", end=" ")
    print(f"{engine.dialect.name}; ms at 50 / 90 / 99 % (answers a second)")
    print("| | at rest | while a day is prepared |\n|---|---|---|")
    for name, latency in at_rest.items():
        print(f"| {name} | {latency} | {busy[name]} |")


@contextmanager
def _postgres() -> Iterator[Engine]:
    with postgres() as server:
        engine = open_engine(server.url)
        upgrade(engine)
        yield engine
        engine.dispose()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="digest-shows-") as name:
        yield Path(name)


def fill(engine: Engine, papers: int, subscribers: int) -> str:
    """Days of papers up to yesterday, and subscribers who are due now; return the newest day."""
    house.quiet()
    now = datetime.now(UTC)
    newest = now.date() - timedelta(days=1)
    for number in reversed(range(papers // PAPERS_A_DAY)):
        day = newest - timedelta(days=number)
        shelf = Shelf({day: material.records(PAPERS_A_DAY, day=day)})
        collect(engine, shelf, now=now - timedelta(days=number), days=[day])
    crowd.subscribe(engine, subscribers, due=now)
    return newest.isoformat()


# --- the site and the daemon -----------------------------------------------------------------


@contextmanager
def serving(surroundings: dict[str, str]) -> Iterator[str]:
    with held_port() as port:
        site = f"http://127.0.0.1:{port}"
        process = subprocess.Popen([DIGEST, "web", "--port", str(port)], env=surroundings)
        try:
            _wait_for(f"{site}/healthz")
            yield site
        finally:
            process.terminate()
            process.wait()


@contextmanager
def at_work(surroundings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that prepares everybody's day meanwhile."""
    process = subprocess.Popen([DIGEST, "prepare"], env=surroundings, stdout=subprocess.DEVNULL)
    try:
        time.sleep(5)  # until it has started and read the corpus
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, *, data: bytes | None = None, seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(url, data, timeout=60):
            return
        time.sleep(0.2)
    raise RuntimeError(f"{url} never answered")


# --- asking ----------------------------------------------------------------------------------


def _plain(folder: Path, path: str) -> Path:
    return _script(folder, "day", f'request = function() return wrk.format("GET", "{path}") end')


def _searching(folder: Path) -> Path:
    queries = ", ".join(f'"/search?q={_escaped(words)}"' for words in WORDS)
    body = f"paths = {{{queries}}}\nn = 0\n"
    body += 'request = function() n = n + 1; return wrk.format("GET", paths[n % #paths + 1]) end'
    return _script(folder, "search", body)


def _previewing(folder: Path) -> Path:
    """Each asks for an edit nobody asked for before: another number among the keywords."""
    body = _PREVIEW.decode().replace("keywords=", 'keywords=topic" .. math.random(1e9) .. ",')
    lines = (
        'wrk.method = "POST"',
        'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"',
        f'request = function() return wrk.format(nil, "/lab", nil, "{body}") end',
    )
    return _script(folder, "lab", "\n".join(lines))


def _escaped(words: str) -> str:
    return quote(words)


def _script(folder: Path, name: str, body: str) -> Path:
    file = folder / f"{name}.lua"
    file.write_text(body + "\n")
    return file


def loaded(site: str, script: Path, seconds: int) -> Latency:
    """Ask for some seconds after a short warming up."""
    _wrk(site, script, 2)
    said = _wrk(site, script, seconds)
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{script.stem}: not every answer was 200\n{said}")
    found = {share: _milliseconds(said, share) for share in ("50", "90", "99")}
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return Latency(found["50"], found["90"], found["99"], float(rate[1]) if rate else 0.0)


def _wrk(site: str, script: Path, seconds: int) -> str:
    command = [
        "wrk",
        "-t2",
        f"-c{CONNECTIONS[script.stem]}",
        f"-d{seconds}s",
        "--timeout",
        "30s",
        "--latency",
    ]
    done = subprocess.run([*command, "-s", str(script), site], capture_output=True, text=True, check=True)
    return done.stdout


def _milliseconds(said: str, share: str) -> float:
    found = re.search(rf"^\s+{share}%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk said no {share} %:\n{said}")
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[found[2]]


def searched(surroundings: dict[str, str]) -> Latency:
    """``digest search`` one after the other, the start of the program included."""
    took = []
    for number in range(SEARCHES):
        begun = time.perf_counter()
        command = [str(DIGEST), "search", WORDS[number % len(WORDS)].strip('"')]
        subprocess.run(command, env=surroundings, check=True, capture_output=True)
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    places = (SEARCHES // 2, SEARCHES * 9 // 10, SEARCHES - 1)
    half, nine_tenths, most = (took[place] for place in places)
    return Latency(half, nine_tenths, most, 1000 * SEARCHES / sum(took))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shows.pages")
    parser.add_argument("--papers", type=int, default=20_000)
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement (default: 10)")
    parser.add_argument("--sqlite", action="store_true", help="a SQLite file instead of a Postgres server")
    return parser.parse_args()


if __name__ == "__main__":
    main()
