"""Counting what the store holds."""

from __future__ import annotations

import json

from sqlalchemy import Engine

from digest.store import statistics
from digest.store.database import reading
from tests.cli.conftest import Digest


def test_an_empty_store_counts_to_nothing(digest: Digest) -> None:
    counts = json.loads(digest("stats", "--json").out)
    assert (counts["papers"], counts["subscribers"], counts["newest_day"]) == (0, {}, None)
    assert "size" in digest("stats").out


def test_both_databases_know_their_size(engine: Engine) -> None:
    with reading(engine) as session:
        assert statistics.count(session).size > 100_000
