"""``digest collect``, ``backfill`` and ``days``, against the source on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine

from digest.demo.sample import FIRST_DAY, LAST_DAY
from digest.demo.server import SourceServer, sample_source
from digest.sources.saved import LARGEST
from tests.cli.conftest import Digest
from tests.sources.shapes import api, item

NOW = datetime(2026, 10, 19, 12, tzinfo=UTC)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceServer]:
    with SourceServer(sample_source, now=NOW) as running, time_machine.travel(NOW, tick=False):
        monkeypatch.setenv("DIGEST_SOURCE__BASE_URL", running.url)
        yield running


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DIGEST_SOURCE__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("digest.sources.fetching.ATTEMPTS", 1)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.usefixtures("server")
def test_collect_reads_what_is_due_and_prints_it(digest: Digest) -> None:
    ran = digest("collect", "--json")
    assert ran.code == 0
    days = {day["day"]: day for day in json.loads(ran.out)["days"]}
    assert len(days) == 15
    assert days[str(FIRST_DAY)]["added"] >= 25
    assert days["2026-10-17"]["listed"] == 0


@pytest.mark.usefixtures("server")
def test_collect_reads_a_named_day(digest: Digest) -> None:
    ran = digest("collect", "--day", str(FIRST_DAY))
    assert (ran.code, ran.out.splitlines()[0][:14]) == (0, f"{FIRST_DAY} Wed")


@pytest.mark.usefixtures("no_server")
def test_collect_that_fails_ends_with_5_and_says_why(digest: Digest) -> None:
    ran = digest("collect", "--day", str(FIRST_DAY))
    assert ran.code == 5
    assert "the connection was refused" in ran.out


@pytest.mark.usefixtures("no_server")
def test_collect_without_a_source_tries_a_few_days_and_names_those_it_did_not(digest: Digest) -> None:
    ran = digest("collect")
    assert ran.code == 5
    assert [line[:10] for line in ran.out.splitlines()] == ["2026-10-19", "2026-10-18", "2026-10-17"]
    assert "not tried: 2026-10-16, 2026-10-15, " in ran.err
    as_json = json.loads(digest("collect", "--json").out)
    assert len(as_json["days"]) == 3
    assert (as_json["not_tried"][0], len(as_json["not_tried"]), as_json["postponed"]) == (
        "2026-10-16",
        12,
        [],
    )


@pytest.mark.usefixtures("server")
def test_backfill_reads_the_span_prints_a_line_a_day_and_says_no_gaps(digest: Digest) -> None:
    ran = digest("backfill", str(FIRST_DAY), str(LAST_DAY))
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "no gaps"
    assert len(ran.err.splitlines()) == 3
    again = digest("backfill", str(FIRST_DAY), str(LAST_DAY))
    assert again.out.startswith("0 days read, 3 were settled already")


@pytest.mark.usefixtures("no_server")
def test_backfill_with_gaps_ends_with_7_and_names_them(digest: Digest) -> None:
    ran = digest("backfill", str(FIRST_DAY), str(FIRST_DAY))
    assert ran.code == 7
    assert f"gap: {FIRST_DAY} Wed" in ran.out
    as_json = json.loads(digest("backfill", str(FIRST_DAY), str(FIRST_DAY), "--json").out)
    assert [gap["day"] for gap in as_json["gaps"]["failed"]] == [str(FIRST_DAY)]


@pytest.mark.usefixtures("no_server")
def test_backfill_of_a_source_that_is_down_stops_soon_and_says_how_to_go_on(digest: Digest) -> None:
    ran = digest("backfill", str(FIRST_DAY - timedelta(days=300)), str(FIRST_DAY), "--json")
    assert ran.code == 7
    assert "5 days in a row failed" in ran.err
    assert "the same command goes on from here" in ran.err
    told = json.loads(ran.out)
    assert (len(told["gaps"]["failed"]), bool(told["gave_up"])) == (5, True)


@pytest.mark.usefixtures("server")
def test_backfill_starts_where_the_source_does_and_refuses_an_empty_span(digest: Digest) -> None:
    ran = digest("backfill", "2026-10-20", "2026-10-19")
    assert ran.code == 2
    ran = digest("backfill", "2023-01-01", "2023-05-04", "--json")
    assert "the source begins on 2023-05-04" in ran.err
    assert json.loads(ran.out)["read"] == 1


@pytest.mark.usefixtures("server")
def test_days_shows_the_ledger_with_what_is_missing(digest: Digest) -> None:
    digest("collect", "--day", str(FIRST_DAY))
    ran = digest("days", "--since", str(FIRST_DAY), "--until", str(LAST_DAY))
    assert ran.code == 0
    head, *lines = ran.out.splitlines()
    assert head.split() == ["day", "state", "papers", "from", "last", "read", "remarks"]
    assert [line.split()[2] for line in lines] == ["missing", "missing", "settled"]
    rows = json.loads(digest("days", "--since", str(FIRST_DAY), "--until", str(LAST_DAY), "--json").out)
    assert [(row["day"], row["missing"]) for row in rows] == [
        (str(FIRST_DAY), False),
        (str(FIRST_DAY + timedelta(days=1)), True),
        (str(LAST_DAY), True),
    ]
    assert rows[0]["tier"] == "api"


def test_a_day_still_to_come_is_wrong_usage_and_stands_in_no_ledger(digest: Digest) -> None:
    ran = digest("collect", "--day", "2999-01-01")
    assert (ran.code, "lies in the future" in ran.err) == (2, True)
    rows = json.loads(digest("days", "--since", "2998-12-31", "--until", "2999-01-01", "--json").out)
    assert all(row["missing"] for row in rows)


@pytest.mark.usefixtures("no_server")
def test_days_tells_why_a_day_failed(digest: Digest) -> None:
    digest("collect", "--day", str(FIRST_DAY))
    ran = digest("days", "--since", str(FIRST_DAY), "--until", str(FIRST_DAY))
    assert "1 failed attempt; api: the connection was refused; page: the connection was refused\n" in ran.out
    assert "nothing was ever read" in ran.err


@pytest.mark.usefixtures("server")
def test_a_stale_source_is_told(digest: Digest) -> None:
    digest("collect", "--day", str(FIRST_DAY))
    with time_machine.travel(NOW + timedelta(hours=9), tick=False):
        assert "the last successful read was 9 hours ago" in digest("days").err


def test_a_span_the_wrong_way_round_is_wrong_usage(digest: Digest) -> None:
    assert digest("days", "--since", "2026-03-02", "--until", "2026-03-01").code == 2
    assert digest("days", "--since", "soon").code == 2
    assert digest("backfill", "soon").code == 2
    assert digest("replay", "2026-11-25", "2026-11-01").code == 2


# --- search and paper ------------------------------------------------------------------------


@pytest.mark.usefixtures("server")
def test_search_finds_stored_papers_and_paper_shows_one(digest: Digest) -> None:
    digest("collect", "--day", str(FIRST_DAY), "--day", str(LAST_DAY))
    found = json.loads(digest("search", "diffusion", "--json").out)
    assert found
    assert all(earlier["score"] >= later["score"] for earlier, later in pairwise(found))
    lines = digest("search", "diffusion", "--until", str(FIRST_DAY)).out.splitlines()
    assert 0 < len(lines) < len(found)
    assert all(line.split()[1] == str(FIRST_DAY) for line in lines)
    shown = json.loads(digest("paper", f"arXiv:{found[0]['id']}v3", "--json").out)
    assert shown["title"] == found[0]["title"]
    assert shown["listings"][0]["upvotes"] == shown["votes"][-1]["upvotes"]
    assert digest("paper", found[0]["id"]).out.splitlines()[0] == found[0]["title"]


@pytest.mark.usefixtures("server")
def test_what_the_shell_kept_together_is_a_phrase(digest: Digest) -> None:
    digest("collect", "--day", str(FIRST_DAY))
    one = json.loads(digest("search", "the", "-n", "1", "--json").out)[0]
    phrase = " ".join(one["title"].split()[:3])
    assert one["id"] in digest("search", phrase).out
    author = one["authors"][0]
    assert one["id"] in digest("search", f"author:{author}", "-n", "50").out


@pytest.mark.usefixtures("server")
def test_a_whole_query_kept_together_is_a_query(digest: Digest) -> None:
    digest("collect", "--day", str(FIRST_DAY))
    first = digest("search", "diffusion", "author:nobody").out
    assert first
    assert digest("search", "diffusion author:nobody").out == first
    assert digest("search", "diffusion zyzzyv*").out == first
    assert digest("search", "diffusion -the").out == digest("search", "--", "diffusion", "-the").out != first


def test_a_search_of_days_that_end_before_they_begin_is_refused(digest: Digest) -> None:
    ran = digest("search", "x", "--since", "2026-03-02", "--until", "2026-03-01")
    assert ran.code == 2
    assert "--since is later than --until" in ran.err


def test_a_search_without_a_hit_and_one_without_words(digest: Digest) -> None:
    ran = digest("search", "nothing")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing found" in ran.err
    assert digest("search", "…").code == 2


def test_an_unknown_paper_is_named_with_a_remedy(digest: Digest) -> None:
    ran = digest("paper", "2609.99999")
    assert ran.code == 1
    assert "no paper 2609.99999 is stored" in ran.err
    assert "digest search" in ran.err


# --- import and replay -----------------------------------------------------------------------


def test_import_takes_files_one_by_one_and_names_the_bad_one(digest: Digest, tmp_path: Path) -> None:
    good, bad = tmp_path / "daily-2026-09-28.json", tmp_path / "bad.json"
    good.write_bytes(api(item(submittedOnDailyAt=None)))
    bad.write_bytes(b"[{")
    ran = digest("import", str(bad), str(good), "--json")
    assert ran.code == 5
    first, second = json.loads(ran.out)
    assert "not complete JSON" in first["error"]
    assert (second["day"], second["added"]) == ("2026-09-28", 1)
    ran = digest("import", str(good))
    assert (ran.code, ran.out.endswith("1 papers, 0 of them new, 0 listings added\n")) == (0, True)


def test_import_reads_no_more_of_a_huge_file_than_a_page_can_hold(digest: Digest, tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(LARGEST + 1)
    ran = digest("import", str(huge))
    assert ran.code == 5
    assert f"larger than {LARGEST} bytes" in ran.err


def test_import_says_why_a_file_is_none_also_where_only_errors_are_wanted(
    digest: Digest, tmp_path: Path
) -> None:
    file = tmp_path / "notes.html"
    file.write_text("<html><p>hello</p></html>")
    ran = digest("--quiet", "import", str(file))
    assert ran.code == 5
    assert f"{file}: the page has no cards" in ran.err
    assert "→ give a page as a browser saves it" in ran.err


def test_import_names_a_day_that_is_not_said(digest: Digest, tmp_path: Path) -> None:
    file = tmp_path / "x-2026-13-77.json"
    file.write_bytes(api(item(submittedOnDailyAt=None)))
    ran = digest("import", str(file))
    assert (ran.code, "name it with --day" in ran.err) == (5, True)
    assert digest("import", str(file), "--day", "2026-09-28").code == 0


@pytest.mark.usefixtures("server")
def test_replay_reads_what_collect_kept(digest: Digest) -> None:
    digest("collect", "--day", str(FIRST_DAY), "--day", "2026-10-17")
    ran = digest("replay")
    assert ran.out == "1 days replayed: 0 papers changed, 0 listings added\n"
    assert "2026-10-17" not in ran.err  # a Saturday without papers: its answer says what is known
    assert json.loads(digest("replay", "--json").out)["days"] == 1


def test_a_backup_is_made_and_named(digest: Digest, tmp_path: Path) -> None:
    ran = digest("db", "backup", str(tmp_path / "copy.sqlite3"))
    assert (ran.code, ran.out) == (0, "")
    assert "bytes, checked" in ran.err
    assert digest("db", "backup", str(tmp_path / "nowhere" / "copy")).code == 4
