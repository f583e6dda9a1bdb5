"""Storing a day again unchanged, and planning very many deliveries, against the ORM's ways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from benchmarks import crowd, material, outbox
from benchmarks.harness import Budget, Row, contest, in_unit, once
from benchmarks.house import quiet
from benchmarks.stores import both
from digest.model import Record
from digest.pipeline.collect import collect
from digest.store.database import transaction
from digest.store.deliveries import plan
from digest.store.schema import DeliveryRow, DigestRow, PaperRow
from tests.shelf import Shelf

PAPERS = 100
DELIVERIES = 20_000
BATCH = 1_000
FIRST = {"SQLite": 10, "Postgres": 5}
MOONSHOT = {"SQLite": 15, "Postgres": 25}


def rows() -> Iterable[Row]:
    """Both on both databases."""
    quiet()
    with both() as engines:
        for name, engine in engines.items():
            yield _day_again(name, engine)
        for name, engine in engines.items():
            yield _planning(name, engine)


def _day_again(name: str, engine: Engine) -> Row:
    records = material.records(PAPERS)
    shelf = Shelf({material.DAY: records})

    def ours() -> None:
        collect(engine, shelf, now=material.NOW, days=[material.DAY])

    seconds = contest({"ours": ours, "ORM merge": lambda: _merge(engine, records)})
    return Row(
        f"store a day again, unchanged ({name})",
        "ms",
        in_unit(seconds, 1000),
        (Budget("× ORM merge", seconds["ORM merge"] / seconds["ours"], FIRST[name], at_most=False),),
        f"{PAPERS} papers",
    )


def _merge(engine: Engine, records: Sequence[Record]) -> None:
    """As the existing tools do it: one object at a time, looked up and compared by the ORM."""
    with Session(engine) as session, session.begin():
        for record in records:
            paper = record.paper
            session.merge(
                PaperRow(
                    id=paper.id,
                    revision=1,
                    title=paper.title,
                    abstract=paper.abstract,
                    source_title=paper.source_title,
                    source_abstract=paper.source_abstract,
                    authors=list(paper.authors),
                    short_summary="",
                    source_keywords=[],
                    project_url="",
                    code_url=paper.code_url,
                    complete=True,
                )
            )


def _planning(name: str, engine: Engine) -> Row:
    crowd.subscribe(engine, DELIVERIES)
    with transaction(engine) as session:
        session.execute(insert(DigestRow), [outbox.digest_row(n) for n in range(1, DELIVERIES + 1)])
    seconds = {"ours": 0.0, "ORM add_all": 0.0}
    for first in range(1, DELIVERIES + 1, 2 * BATCH):  # in turns, so that a slow minute falls on both
        seconds["ours"] += once(partial(_plan, engine, range(first, first + BATCH)))
        seconds["ORM add_all"] += once(partial(_add_all, engine, range(first + BATCH, first + 2 * BATCH)))
    ratio = seconds["ORM add_all"] / seconds["ours"]
    return Row(
        f"plan {DELIVERIES // 2:,} deliveries ({name})",
        "s",
        in_unit(seconds, 1),
        (Budget("× ORM add_all", ratio, 10, MOONSHOT[name], at_most=False),),
        f"in transactions of {BATCH}",
    )


def _plan(engine: Engine, numbers: Iterable[int]) -> None:
    with transaction(engine) as session:
        plan(session, [outbox.planned(number) for number in numbers], now=material.NOW)


def _add_all(engine: Engine, numbers: Iterable[int]) -> None:
    with Session(engine) as session, session.begin():
        session.add_all([DeliveryRow(**_delivery(number)) for number in numbers])


def _delivery(number: int) -> dict[str, object]:
    empty = dict.fromkeys(("claimed_by", "message_id", "template", "fingerprint", "reference", "reason"), "")
    counts = dict.fromkeys(("attempts", "kills", "unanswered", "claim"), 0)
    return {
        **empty,
        **counts,
        "digest_id": number,
        "subscriber_id": number,
        "channel": "email",
        "address": f"reader{number}@example.org",
        "slot": material.DAY,
        "state": "planned",
        "next_attempt_at": material.NOW,
        "created_at": material.NOW,
    }
