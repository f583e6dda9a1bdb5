"""A day from due subscribers to accepted mails on SQLite: against smtp-source, and against good peers."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks import house
from benchmarks.harness import Budget, Row, once
from benchmarks.peers import good_peer
from benchmarks.sinks import MISSING, available, sink, source
from benchmarks.stores import sqlite

SUBSCRIBERS = 4_000
PEERS = 300
BYTES = 30_000


def rows(subscribers: int = SUBSCRIBERS) -> Iterable[Row]:
    """Everything a hundred thousand cost, on fewer, since all of it is linear (see the row of growth)."""
    work = f"day for {subscribers:,} subscribers, SQLite, one process, to a local sink"
    if not available():
        yield Row(work, missing=MISSING)
        return
    with sqlite() as engine, sink() as server:
        house.furnish(engine, subscribers)
        url = engine.url.render_as_string(hide_password=False)
        prepared = house.by_processes("prepare", url, server.port, 1)
        delivered = house.by_processes("deliver", url, server.port, 1)
        if delivered["done"] != subscribers:
            raise RuntimeError(f"{delivered['done']} of {subscribers} mails were sent")
        c_seconds = source(server.port, messages=subscribers, length=BYTES, sessions=2)
        peer = once(lambda: good_peer(server.port, PEERS)) * subscribers / PEERS
    ours = prepared["wall"] + delivered["wall"]
    cpu = (prepared["cpu"] + delivered["cpu"]) * 100_000 / subscribers
    yield Row(
        work,
        "s",
        {
            "prepare": round(prepared["wall"], 1),
            "deliver": round(delivered["wall"], 1),
            "smtp-source": round(c_seconds, 1),
            "good peer": round(peer, 1),
        },
        (
            Budget("× smtp-source", ours / c_seconds, 3, 1.25),
            Budget("× as fast as the good peer", peer / ours, 20, 40, at_most=False),
        ),
        f"good peer scaled from {PEERS}",
    )
    yield Row(
        "CPU-seconds per 100,000 mails, sink excluded",
        "s",
        {
            "prepare": round(prepared["cpu"] * 100_000 / subscribers),
            "deliver": round(delivered["cpu"] * 100_000 / subscribers),
        },
        (Budget("CPU-seconds", cpu, 20, 6),),
        f"scaled from {subscribers:,}; a process held {max(prepared['mib'], delivered['mib']):.0f} MiB",
    )
