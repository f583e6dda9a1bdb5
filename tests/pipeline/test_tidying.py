"""What is kept for a time goes when its time is over, and only then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine

from digest.model import Paper, RawAnswer, Tier
from digest.pipeline.tidying import Tidied, tidy_source
from digest.store import observations, papers, raw_answers
from digest.store.database import reading, transaction

NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)


def test_only_what_is_older_than_its_retention_is_removed(engine: Engine) -> None:
    with transaction(engine) as session:
        papers.store(session, [Paper("2609.1", "T")], now=NOW)
        for age in (0, 29, 31, 399, 401):
            moment = NOW - timedelta(days=age)
            observations.store(session, [("2609.1", age, 0)], now=moment)
            answer = RawAnswer(f"https://x.org/{age}", Tier.API, 200, moment, b"body")
            raw_answers.keep(session, moment.date(), (answer,))
    done = tidy_source(engine, now=NOW, keep_raw_days=30, observations_days=400)
    assert done == Tidied(raw_answers=3, observations=1, extracts=0, relations=0)
    assert tidy_source(engine, now=NOW, keep_raw_days=30, observations_days=400) == Tidied(0, 0, 0, 0)
    with reading(engine) as session:
        assert len(observations.history(session, ["2609.1"])["2609.1"]) == 4
        assert list(raw_answers.days(session, date(2020, 1, 1), NOW.date())) == [
            date(2026, 8, 30),
            date(2026, 9, 28),
        ]
        assert "2609.1" in papers.load(session, ["2609.1"])
