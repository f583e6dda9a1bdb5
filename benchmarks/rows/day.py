"""A day from due subscribers to accepted mails on SQLite: against smtp-source, and against good peers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from benchmarks import house
from benchmarks.harness import Budget, Row, once
from benchmarks.peers import good_peer
from benchmarks.sinks import MISSING, available, sink, source
from benchmarks.stores import sqlite

FEW, MANY = 2_000, 8_000
EACH = 100_000
PEERS = 300
BYTES = 30_000


def rows(few: int = FEW, many: int = MANY) -> Iterable[Row]:
    """Each further hundred thousand: what ``many`` cost more than ``few``, since all of it is linear.

    What is learnt once a run, or made once a process, would otherwise count a dozen times over.
    """
    work = f"day for each further {EACH:,} subscribers, SQLite, one process, to a local sink"
    if not available():
        yield Row(work, missing=MISSING)
        return
    begun, ended = _day(few), _day(many)
    each = {name: (ended[name] - begun[name]) * EACH / (many - few) for name in ended}
    how = f"slope from {few:,} to {many:,}"
    yield _against_others(work, each, f"{how}; good peer scaled from {PEERS}")
    yield Row(
        f"CPU-seconds for each further {EACH:,} mails, sink excluded",
        "s",
        {"prepare": round(each["prepare CPU"]), "deliver": round(each["deliver CPU"])},
        (Budget("CPU-seconds", each["prepare CPU"] + each["deliver CPU"], 20, 6),),
        f"{how}; a process held {ended['MiB']:.0f} MiB",
    )


def _day(subscribers: int) -> dict[str, float]:
    """Seconds of wall and CPU by step, those of the others for the same mails, and MiB of one process.

    ``smtp-source`` has its turn before, between and after our steps, and the median counts: where others are
    at work on the machine, two runs of it differ by as much as half.
    """

    def paced() -> float:
        return source(server.port, messages=subscribers, length=BYTES, sessions=2)

    with sqlite() as engine, sink() as server:
        house.furnish(engine, subscribers)
        url = engine.url.render_as_string(hide_password=False)
        before = paced()
        prepared = house.by_processes("prepare", url, server.port, 1)
        between = paced()
        delivered = house.by_processes("deliver", url, server.port, 1)
        if delivered["done"] != subscribers:
            raise RuntimeError(f"{delivered['done']} of {subscribers} mails were sent")
        return {
            "prepare": prepared["wall"],
            "deliver": delivered["wall"],
            "prepare CPU": prepared["cpu"],
            "deliver CPU": delivered["cpu"],
            "smtp-source": median((before, between, paced())),
            "good peer": once(lambda: good_peer(server.port, PEERS)) * subscribers / PEERS,
            "MiB": max(prepared["mib"], delivered["mib"]),
        }


def _against_others(work: str, each: Mapping[str, float], notes: str) -> Row:
    ours = each["prepare"] + each["deliver"]
    names = ("prepare", "deliver", "smtp-source", "good peer")
    budgets = (
        Budget("× smtp-source", ours / each["smtp-source"], 3, 1.25),
        Budget("× as fast as the good peer", each["good peer"] / ours, 20, 40, at_most=False),
    )
    return Row(work, "s", {name: round(each[name], 1) for name in names}, budgets, notes)
