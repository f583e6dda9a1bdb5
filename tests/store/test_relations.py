"""What keywords are related to: kept for one space of terms, and forgotten with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from digest.store import corpora, relations
from digest.store.corpora import StoredCorpus
from digest.store.database import transaction

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


def test_relations_are_those_of_the_space_asked_for(engine: Engine) -> None:
    with transaction(engine) as session:
        relations.save(session, "old", {})
        relations.save(session, "old", {"a": b"1", "b": b"", "c": b"3"})
        assert relations.load(session, "old", ["a", "b", "d"]) == {"a": b"1", "b": b""}
        assert relations.load(session, "new", ["a", "b", "d"]) == {}
        relations.save(session, "new", {"a": b"2", "c": b"3"})
        assert relations.load(session, "new", ["a", "b", "c"]) == {"a": b"2", "c": b"3"}
        assert relations.load(session, "old", ["a", "b", "c"]) == {"b": b""}
        relations.save(session, "new", {"a": b"healed"})
        assert relations.load(session, "new", ["a"]) == {"a": b"healed"}


def test_with_its_space_a_relation_goes(engine: Engine) -> None:
    with transaction(engine) as session:
        relations.save(session, "old", {"a": b"1", "b": b"2"})
        relations.save(session, "new", {"c": b"3"})
        corpora.save(session, StoredCorpus(b"body", 1, 50, "new"), now=NOW)
        assert relations.forget(session) == 2
        assert relations.load(session, "new", ["c"]) == {"c": b"3"}
        assert relations.forget(session) == 0


def test_so_many_are_kept_and_no_more(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relations, "MOST", 3)
    with transaction(engine) as session:
        corpora.save(session, StoredCorpus(b"body", 1, 50, "new"), now=NOW)
        relations.save(session, "new", dict.fromkeys("dbace", b"1"))
        assert relations.forget(session) == 2
        assert relations.load(session, "new", list("abcde")).keys() == set("abc")
