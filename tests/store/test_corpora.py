"""Packed statistics: kept, and never replaced by older ones."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from digest.store import corpora
from digest.store.corpora import StoredCorpus
from digest.store.database import transaction

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


def test_statistics_are_kept_and_only_newer_ones_replace_them(engine: Engine) -> None:
    with transaction(engine) as session:
        assert corpora.load(session) is None
        corpora.save(session, StoredCorpus(b"five", 5, 50), now=NOW)
        corpora.save(session, StoredCorpus(b"four", 4, 40), now=NOW)
        assert corpora.load(session) == StoredCorpus(b"five", 5, 50)
        corpora.save(session, StoredCorpus(b"six", 6, 60), now=NOW)
        assert corpora.load(session) == StoredCorpus(b"six", 6, 60)


def test_a_count_moves_on_only_where_the_statistics_are_the_same(engine: Engine) -> None:
    with transaction(engine) as session:
        assert corpora.counted(session) is None
        corpora.save(session, StoredCorpus(b"five", 5, 50), now=NOW)
        known = corpora.counted(session)
        assert known == (StoredCorpus(b"five", 5, 50).mark, 5)
        corpora.count_to(session, known, 7)
        corpora.count_to(session, known, 6)
        assert corpora.load(session) == StoredCorpus(b"five", 7, 50)
        corpora.save(session, StoredCorpus(b"eight", 8, 80), now=NOW)
        corpora.count_to(session, known, 9)
        assert corpora.load(session) == StoredCorpus(b"eight", 8, 80)
