"""An outbox filled straight into the tables, and workers that claim and settle it without sending."""

from __future__ import annotations

import multiprocessing
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, func, insert, select

from benchmarks import crowd, material
from digest.model import ChannelName, Delivery, DeliveryState, Ruling
from digest.store.claims import Claim, claim, gate, record
from digest.store.database import open_engine, reading, transaction
from digest.store.deliveries import Planned, plan
from digest.store.schema import DeliveryRow, DigestRow

LEASE = timedelta(minutes=20)


def fill(engine: Engine, count: int) -> None:
    """Subscribers with a digest and a planned delivery each."""
    crowd.subscribe(engine, count)
    for first in range(1, count + 1, crowd.PORTION):
        numbers = range(first, min(first + crowd.PORTION, count + 1))
        with transaction(engine) as session:
            session.execute(insert(DigestRow), [digest_row(number) for number in numbers])
            plan(session, [planned(number) for number in numbers], now=material.NOW)


def digest_row(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "subscriber_id": number,
        "slot": material.DAY,
        "kind": "daily",
        "sheet": {},
        "arrival_to": 1,
        "created_at": material.NOW,
    }


def planned(number: int) -> Planned:
    return Planned(number, number, ChannelName.EMAIL, f"reader{number}@example.org", material.DAY)


def settle_all(url: str, worker: str, batch: int, gate_size: int) -> int:
    """Claim, gate, settle until nothing is due; return how many. The contract is kept, nothing is sent."""
    engine = open_engine(url)
    done, number = 0, 0
    while True:
        number += 1
        token = f"{worker}.{number}"
        with transaction(engine) as session:
            frozen = Claim(token, LEASE, "digest.example.org", "email-1")
            taken = claim(session, ChannelName.EMAIL, frozen, limit=batch, now=material.NOW)
        if not taken:
            engine.dispose()
            return done
        _settle(
            engine, token, [taken[start : start + gate_size] for start in range(0, len(taken), gate_size)]
        )
        done += len(taken)


def _settle(engine: Engine, token: str, gates: list[list[Delivery]]) -> None:
    """Gate after gate; as in a delivery, what was answered is written with the next gate's commit."""
    answered: dict[int, Ruling] = {}
    for taken in gates:
        with transaction(engine) as session:
            record(session, token, answered, worker="bench", now=material.NOW)
            passed = gate(session, token, {one.id: "0" * 64 for one in taken}, lease=LEASE)
        answered = {
            one.id: Ruling(DeliveryState.SENT, None, one.attempts, 0, 0, reference="queued")
            for one in taken
            if one.id in passed
        }
    with transaction(engine) as session:
        record(session, token, answered, worker="bench", now=material.NOW)


def race(url: str, workers: int, *, batch: int, gate_size: int) -> float:
    """Seconds until ``workers`` processes have settled everything, from a common start."""
    context = multiprocessing.get_context("spawn")
    ready, go = context.Barrier(workers + 1), context.Event()
    crew = [
        context.Process(target=_worker, args=(url, f"w{number}", batch, gate_size, ready, go))
        for number in range(workers)
    ]
    for process in crew:
        process.start()
    ready.wait()
    begun = time.perf_counter()
    go.set()
    for process in crew:
        process.join()
    return time.perf_counter() - begun


def _worker(url: str, name: str, batch: int, gate_size: int, ready: Any, go: Any) -> None:
    ready.wait()
    go.wait()
    settle_all(url, name, batch, gate_size)


def sent(engine: Engine) -> int:
    """How many deliveries are sent."""
    with reading(engine) as session:
        question = select(func.count()).select_from(DeliveryRow)
        found: int = session.execute(question.where(DeliveryRow.state == "sent")).scalar_one()
    return found
