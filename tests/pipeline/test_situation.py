"""The statistics of the store: kept for the next process, and made anew where they cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Engine

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


def test_statistics_of_another_version_are_made_anew_once_for_all(engine: Engine) -> None:
    collect(engine, Shelf({TODAY: [paper(1, "Diffusion"), paper(2, "Agents")]}), now=NOW, days=[TODAY])
    read_corpus(engine, now=NOW)
    before = kept(engine)
    with transaction(engine) as session:
        corpora.save(session, StoredCorpus(b"of another version", before.arrival, before.papers), now=NOW)
    assert read_corpus(engine, now=NOW).papers == 2
    assert Corpus.from_bytes(kept(engine).body).papers == 2
