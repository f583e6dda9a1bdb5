"""The statistics of the store: kept for the next process, and made anew where they cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from digest.pipeline import situation
from digest.pipeline.collect import collect
from digest.pipeline.situation import read_corpus
from digest.ranking.corpus import Corpus
from digest.store import corpora
from digest.store.corpora import StoredCorpus
from digest.store.database import reading, transaction
from tests.shelf import Shelf, paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def kept(engine: Engine) -> StoredCorpus:
    with reading(engine) as session:
        found = corpora.load(session)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def _a_process_that_has_just_started() -> Iterator[None]:
    situation.forget()
    yield
    situation.forget()


def test_statistics_of_another_version_are_made_anew_once_for_all(engine: Engine) -> None:
    collect(engine, Shelf({TODAY: [paper(1, "Diffusion"), paper(2, "Agents")]}), now=NOW, days=[TODAY])
    read_corpus(engine, now=NOW)
    before = kept(engine)
    with transaction(engine) as session:
        corpora.save(session, StoredCorpus(b"of another version", before.arrival, before.papers), now=NOW)
    assert read_corpus(engine, now=NOW).papers == 2
    assert Corpus.from_bytes(kept(engine).body).papers == 2


def test_a_process_unpacks_what_it_has_not_read_yet(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    collect(engine, Shelf({TODAY: [paper(1, "Diffusion")]}), now=NOW, days=[TODAY])
    unpacked: list[int] = []

    def noted(body: bytes) -> Corpus:
        unpacked.append(len(body))
        return Corpus()

    monkeypatch.setattr(Corpus, "from_bytes", noted)
    first = read_corpus(engine, now=NOW)
    assert read_corpus(engine, now=NOW) is first
    assert unpacked == []
    situation.forget()
    read_corpus(engine, now=NOW)
    assert len(unpacked) == 1


def test_a_read_that_brought_no_paper_moves_the_count_and_writes_no_statistics(engine: Engine) -> None:
    shelf = Shelf({TODAY: [paper(1, "Diffusion")]})
    collect(engine, shelf, now=NOW, days=[TODAY])
    first, before = read_corpus(engine, now=NOW), kept(engine)
    collect(engine, Shelf({TODAY: [paper(1, "Diffusion, revised")]}), now=NOW, days=[TODAY])
    assert read_corpus(engine, now=NOW) is first
    after = kept(engine)
    assert after.arrival > before.arrival
    assert (after.body, after.papers) == (before.body, before.papers)


def test_what_another_process_counted_in_is_seen(engine: Engine) -> None:
    collect(engine, Shelf({TODAY: [paper(1, "Diffusion")]}), now=NOW, days=[TODAY])
    before = read_corpus(engine, now=NOW)
    held = dict(situation._newest)
    collect(engine, Shelf({TODAY: [paper(1, "Diffusion"), paper(2, "Agents")]}), now=NOW, days=[TODAY])
    read_corpus(engine, now=NOW)
    situation._newest.clear()
    situation._newest.update(held)  # as the first process still has it
    assert before.papers == 1
    assert read_corpus(engine, now=NOW).papers == 2
