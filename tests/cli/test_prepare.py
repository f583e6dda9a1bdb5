"""`digest prepare --day`: what it says of a day that is over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.clock import utc_now
from digest.pipeline.collect import collect
from digest.store.database import open_engine
from tests.cli.conftest import Digest
from tests.shelf import Shelf, paper

ADA = "ada@example.org"


def test_a_day_of_which_nothing_was_read_is_refused_with_the_remedy(digest: Digest) -> None:
    assert digest("subscribers", "add", ADA, "-k", "diffusion").code == 0
    refused = digest("prepare", "--day", "2020-01-01", "--subscriber", ADA)
    assert refused.code == 1
    assert "nothing was read of 2020-01-01" in refused.err
    assert "digest backfill 2020-01-01" in refused.err


def test_a_past_day_says_what_it_made_and_merges_nothing(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DIGEST__BAR", "0.5")
    now = utc_now()
    days = [now.date() - timedelta(days=number) for number in (3, 1, 0)]
    assert digest("subscribers", "add", ADA, "-k", "diffusion").code == 0
    engine = open_engine(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    shelf = Shelf({day: [paper(number, "Diffusion models")] for number, day in enumerate(days)})
    collect(engine, shelf, now=now, days=days)
    engine.dispose()
    assert digest("prepare", "--subscriber", ADA).code == 0
    said = digest("prepare", "--day", str(days[0]), "--subscriber", ADA)
    assert said.err.splitlines()[-1] == "1 digest prepared, 1 to be delivered"
    shown = digest("subscribers", "show", ADA)
    assert shown.out.count("planned") == 2
    assert "merged" not in shown.out
