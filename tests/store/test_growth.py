"""Every table's growth is bounded, and by what is stated: a new table must say it too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest.config import RetentionSettings
from digest.pipeline.tidying import tidy_deliveries, tidy_source
from tests.store.filling import FULL_TEXT, MOMENT, counts, fill

GONE = {"attempts", "observations", "raw_answers", "relations", "sign_ups", "wishes"}
"""Removed when they are older than their retention, every one."""
OF_THE_LAST_DAYS = {"paper_extracts"}
"""Removed when so many newer days are stored (``tests/pipeline/test_extracting.py``)."""
GONE_WHEN_OVER = {"digests", "entries", "deliveries", "notices"}
"""Removed as well, but for what is not over yet and a subscriber's newest digest (``test_retention``)."""
EXPIRING = {"slack_states"}
"""Removed when the next sign-in of a workspace begins."""
WITH_PAPERS = {"papers", "paper_revisions", "search_documents", FULL_TEXT, "listings", "days"}
WITH_SUBSCRIBERS = {
    "subscribers",
    "profiles",
    "feedback",
    "saved",
    "weights",
    "forgotten_terms",
    "suppressions",
    "slack_installations",
}
A_ROW_A_KIND = {"limits", "counters", "corpora", "circuits", "alarms"}
GROWTH = (GONE, OF_THE_LAST_DAYS, GONE_WHEN_OVER, EXPIRING, WITH_PAPERS, WITH_SUBSCRIBERS, A_ROW_A_KIND)

OPERATION = Path(__file__).parents[2] / "docs" / "operation.md"


def test_of_every_table_it_is_known_with_what_it_grows(engine: Engine) -> None:
    stated = sorted(name for tables in GROWTH for name in tables)
    assert stated == sorted({*counts(engine), *({FULL_TEXT} if engine.dialect.name != "sqlite" else ())})


def test_after_their_retention_nothing_is_left_of_what_grows_with_time(engine: Engine) -> None:
    before = fill(engine)
    later = MOMENT + timedelta(days=500)
    tidy_source(engine, now=later, keep_raw_days=30, observations_days=400)
    tidy_deliveries(engine, RetentionSettings(), now=later)
    after = counts(engine)
    assert {name for name in before if after[name] == 0} == GONE
    assert after["notices"] == 1
    assert {name: after[name] for name in WITH_PAPERS & before.keys()} == {
        name: before[name] for name in WITH_PAPERS & before.keys()
    }


@pytest.mark.parametrize("setting", [*sorted(RetentionSettings.model_fields), "keep_raw_days"])
def test_each_bound_is_stated_where_operators_read(setting: str) -> None:
    assert f".{setting}`" in OPERATION.read_text()
