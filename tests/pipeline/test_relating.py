"""What keywords are related to: learnt by one process, read by the others, healed where it is damaged."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from benchmarks import crowd, material
from digest.pipeline import situation
from digest.pipeline.collect import collect
from digest.pipeline.editions import Limits
from digest.pipeline.prepare import prepare
from digest.pipeline.rankings import Rules
from digest.pipeline.relating import keep, recall
from digest.pipeline.situation import read_corpus
from digest.ranking.corpus import Corpus
from digest.ranking.rank import rank
from digest.store.database import hasty, open_engine, reading, transaction
from digest.store.schema import RelationRow
from tests.learning import counted
from tests.shelf import Shelf

DAY = date(2026, 10, 15)
NOW = datetime(2026, 10, 15, 18, tzinfo=UTC)
PROFILES = material.profiles(10)


def started(engine: Engine) -> Corpus:
    """The statistics as a process has them that has just started."""
    situation.forget()
    return read_corpus(engine, now=NOW)


def filled(engine: Engine) -> Corpus:
    collect(engine, Shelf({DAY: material.records(60, day=DAY)}), now=NOW, days=[DAY])
    return started(engine)


def ranked(engine: Engine, corpus: Corpus) -> object:
    """As a batch is: with what the store keeps, and kept for others."""
    with reading(engine) as session:
        recall(session, corpus, PROFILES)
    found = rank(material.candidates(20), PROFILES, corpus, now=NOW)
    keep(engine, corpus)
    return found


def kept(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(RelationRow)) or 0


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    return counted(monkeypatch)


def test_what_one_process_learnt_the_next_reads(engine: Engine, learning: list[int]) -> None:
    before = ranked(engine, filled(engine))
    assert sum(learning) == kept(engine) > 20
    learning.clear()
    assert ranked(engine, started(engine)) == before
    assert sum(learning) == 0


def test_a_run_of_prepare_keeps_what_it_learnt_for_the_next(engine: Engine, learning: list[int]) -> None:
    collect(engine, Shelf({DAY: material.records(60, day=DAY)}), now=NOW, days=[DAY])
    crowd.subscribe(engine, 6)
    situation.forget()
    rules = Rules(bar=4.0, limit=10, limits=Limits(catch_up=14, late=7), batch=2)
    assert prepare(engine, rules, now=NOW).prepared == 6
    assert sum(learning) == kept(engine) > 20
    learning.clear()
    corpus = started(engine)
    with reading(engine) as session:
        recall(session, corpus, material.profiles(6))
    rank(material.candidates(20), material.profiles(6), corpus, now=NOW)
    assert sum(learning) == 0


def test_what_is_damaged_is_learnt_again_and_kept(engine: Engine, learning: list[int]) -> None:
    before = ranked(engine, filled(engine))
    with transaction(engine) as session:
        session.execute(update(RelationRow).values(body=b"damaged"))
    learning.clear()
    assert ranked(engine, started(engine)) == before
    assert sum(learning) == kept(engine)
    learning.clear()
    assert ranked(engine, started(engine)) == before
    assert sum(learning) == 0


def test_a_young_store_has_nothing_to_recall(engine: Engine) -> None:
    collect(engine, Shelf({DAY: material.records(3, day=DAY)}), now=NOW, days=[DAY])
    ranked(engine, started(engine))
    assert kept(engine) == 0


def test_a_store_that_is_busy_only_means_that_nothing_is_kept(sqlite_url: str) -> None:
    engine, writer = open_engine(sqlite_url), open_engine(sqlite_url)
    corpus = filled(engine)
    with transaction(writer) as session:
        session.scalar(select(func.count()).select_from(RelationRow))
        ranked(hasty(engine, timedelta(milliseconds=10)), corpus)
    assert kept(engine) == 0
    writer.dispose()
    engine.dispose()
