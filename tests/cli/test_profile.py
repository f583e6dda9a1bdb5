"""Trying and proposing profiles, and explaining verdicts, on the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, update

from benchmarks import material
from digest.account_wording import day_name
from digest.model import Paper, Record
from digest.pipeline import situation
from digest.ranking import kin
from digest.ranking.language import parse_profile
from digest.ranking.relations import Relation, learn_relations
from digest.ranking.space import Space
from digest.ranking.units import Unit
from digest.store import listings, papers
from digest.store.database import transaction
from digest.store.schema import ListingRow
from tests.cli.conftest import Digest

OLD = date(2025, 6, 2)
PAPERS = (
    Paper("2605.00001", "Diffusion Policy for Robots", "A diffusion policy moves a robot arm by diffusion."),
    Paper("2605.00002", "Weather from Satellites", "Global forecasts of rain."),
    Paper("2605.00003", "A Survey of Robots", "This survey reviews robots and their policies."),
)


@pytest.fixture(autouse=True)
def stored(sqlite_engine: Engine) -> None:
    """Three papers, listed today."""
    now = datetime.now(UTC)
    with transaction(sqlite_engine) as session:
        papers.store(session, PAPERS, now=now)
        records = [Record(paper, upvotes=5) for paper in PAPERS]
        listings.store(session, now.date(), records, arrival=1, silent=False, now=now)


def test_a_profile_is_tried_on_the_stored_days(digest: Digest) -> None:
    lab = json.loads(digest("profile", "test", "diffusion policy, RLHF, -survey", "--json").out)
    assert (lab["papers"], lab["chosen_ids"]) == (3, ["2605.00001"])
    assert [one["keyword"] for one in lab["keywords"] if one["dead"]] == ["RLHF"]


def test_the_lab_speaks_to_people(digest: Digest) -> None:
    shown = digest("profile", "test", "diffusion policy, RLHF").out
    today = day_name(datetime.now(UTC).date(), year=True)
    assert f"1 of 3 papers on 1 day ({today}) would pass the bar of 4" in shown
    assert rows(shown)["RLHF"] == ["0", "0", "0", "never hits"]
    assert rows(shown)["diffusion policy"][:3] == ["1", "1", "1"]


def test_what_is_just_below_the_bar_stands_under_a_line(digest: Digest) -> None:
    scores = json.loads(digest("profile", "test", "robots, diffusion", "--json").out)["best"]
    between = sum(one["score"][0] for one in scores) / 2
    lines = digest("profile", "test", "robots, diffusion", "--bar", f"{between:.2f}").out.splitlines()
    [bar] = [place for place, line in enumerate(lines) if line.endswith("- the bar")]
    above, below = "\n".join(lines[:bar]), "\n".join(lines[bar:])
    best, nearly = (one["candidate"]["paper"]["title"] for one in scores)
    assert [best in above, nearly in above, nearly in below] == [True, False, True]


def test_the_rate_counts_what_the_limit_of_the_settings_lets_through(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DIGEST__LIMIT", "1")
    shown = digest("profile", "test", "robots, diffusion", "--bar", "1").out
    assert re.search(r"^[23] of 3 papers .*: 1 a week, with at most 1 a day, on 1 day$", shown, re.M)


def test_where_nothing_is_near_below_the_bar_that_is_said(digest: Digest) -> None:
    shown = digest("profile", "test", "diffusion policy", "--bar", "1").out
    assert "No paper is just below the bar." in shown


def test_a_keyword_that_only_its_words_find_is_not_called_dead(digest: Digest) -> None:
    shown = digest("profile", "test", "robot diffusion", "--bar", "1").out
    assert rows(shown)["robot diffusion"] == ["0", "0", "1", "never hits as a whole, only by its words"]


def test_the_bar_of_the_settings_decides(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DIGEST__BAR", "10")
    assert "0 of 3 papers" in digest("profile", "test", "diffusion policy").out
    assert "1 of 3 papers" in digest("profile", "test", "diffusion policy", "--bar", "4").out


@pytest.mark.parametrize("bar", ["nan", "-nan", "inf", "-inf", "1e400", "10.1"])
def test_a_bar_is_a_number_from_0_to_10_wherever_one_is_given(digest: Digest, bar: str) -> None:
    tried = digest("profile", "test", "robots", "--bar", bar)
    assert (tried.code, tried.out) == (2, "")
    assert "10" in tried.err
    digest("subscribers", "add", "ada@example.org", "-k", "robots", "--bar", "3")
    for command in (("add", "bob@example.org", "-k", "robots"), ("change", "ada@example.org")):
        refused = digest("subscribers", *command, "--bar", bar)
        assert "the bar is not between 0 and 10" in refused.err
    assert '"bar": 3.0' in digest("subscribers", "show", "ada@example.org", "--json").out


@pytest.mark.parametrize("bar", ["nan", "inf"])
def test_the_settings_take_no_bar_that_is_no_number(
    digest: Digest, monkeypatch: pytest.MonkeyPatch, bar: str
) -> None:
    monkeypatch.setenv("DIGEST_DIGEST__BAR", bar)
    refused = digest("profile", "test", "robots")
    assert (refused.out, "digest.bar" in refused.err) == ("", True)


def test_an_edit_is_shown_side_by_side(digest: Digest) -> None:
    shown = digest("profile", "test", "robots", "--against", "robots, -survey, satellites").out
    assert rows(shown)["Papers chosen"] == ["2", "2"]
    assert rows(shown)["robots"][:3] == ["2", "2", "1"]
    assert rows(shown)["-survey"] == ["1", "–", "0", "–", "0", "hits too much to tell papers apart"]
    assert shown.index("Gained (1)") < shown.index("Weather from Satellites") < shown.index("Lost (1)")
    assert "→    –  A Survey of Robots" in shown
    assert "excluded by -survey" in shown


def test_a_keyword_of_another_weight_is_the_same_row(digest: Digest) -> None:
    shown = digest("profile", "test", "robots, rain", "--against", "robots^3, rain").out
    assert rows(shown)["robots → robots^3"][:3] == ["2", "2", "2"]
    assert rows(shown)["rain"][0] == "1"


def test_an_edit_is_told_with_the_scores_before_and_after(digest: Digest) -> None:
    effect = json.loads(digest("profile", "test", "robots", "--against", "robots, +arm", "--json").out)
    [lost] = effect["shifts"]
    assert (lost["paper"], lost["after"]) == ("2605.00003", 0)
    assert lost["before"] == effect["lost"][0]["score"][0] > 4
    assert lost["because"] == "required keyword missing: +arm"


def test_days_are_counted_back_from_the_newest_stored_one(digest: Digest, sqlite_engine: Engine) -> None:
    """Where nothing came for months, keywords are not dead: the days that are stored are looked through."""
    _move(sqlite_engine, OLD)
    lab = json.loads(digest("profile", "test", "diffusion policy", "--days", "1", "--json").out)
    assert (lab["papers"], lab["since"], lab["until"]) == (3, str(OLD), str(OLD))
    assert day_name(OLD, year=True) in digest("profile", "test", "diffusion policy").out


def test_an_earlier_span_can_be_looked_through(digest: Digest, sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as session:
        records = [Record(PAPERS[1], upvotes=5)]
        listings.store(session, OLD, records, arrival=2, silent=False, now=datetime.now(UTC))
    until = str(OLD + timedelta(days=3))
    lab = json.loads(digest("profile", "test", "satellites", "--until", until, "--json").out)
    assert (lab["chosen_ids"], lab["until"]) == (["2605.00002"], str(OLD))


def test_a_paper_of_two_days_counts_on_the_first(digest: Digest, sqlite_engine: Engine) -> None:
    now = datetime.now(UTC)
    before = now.date() - timedelta(days=2)
    with transaction(sqlite_engine) as session:
        listings.store(session, before, [Record(PAPERS[0])], arrival=2, silent=False, now=now)
    lab = json.loads(digest("profile", "test", "diffusion policy", "--json").out)
    assert (lab["papers"], lab["by_day"]) == (3, [[str(before), 1], [str(now.date()), 0]])


def test_without_stored_papers_the_remedy_is_told_and_no_keyword_called_dead(
    digest: Digest, sqlite_engine: Engine
) -> None:
    before = digest("profile", "test", "diffusion", "--until", "2025-01-01")
    assert (before.code, before.out) == (1, "")
    assert "no papers are stored for 2025-01-01 or any day before it" in before.err
    with transaction(sqlite_engine) as session:
        session.execute(delete(ListingRow))
    ran = digest("profile", "test", "diffusion", "--json")
    today = datetime.now(UTC).date()
    assert (ran.code, ran.out) == (1, "")
    assert f"run `digest backfill {today - timedelta(days=29)} {today}` first" in ran.err


def rows(shown: str) -> dict[str, list[str]]:
    """The rows of the tables: columns are two blanks apart."""
    cells = [re.split(r"\s{2,}", line) for line in shown.splitlines() if line[:1].strip()]
    return {first: rest for first, *rest in cells}


def _move(engine: Engine, day: date) -> None:
    with transaction(engine) as session:
        session.execute(update(ListingRow).values(day=day))


def test_a_bad_profile_is_refused_with_the_piece_and_the_remedy(digest: Digest) -> None:
    ran = digest("profile", "test", "titel:robots")
    assert ran.code == 1
    assert "titel:robots" in ran.err
    assert "did you mean title:" in ran.err


def test_keywords_are_proposed_from_ids_and_files(digest: Digest, tmp_path: Path) -> None:
    bib = tmp_path / "mine.bib"
    bib.write_text(
        "@article{a, title={Gaussian Splatting of Rooms}}\n@article{b, title={Gaussian Splatting, fast}}"
    )
    from_ids = parse_profile(digest("profile", "suggest", "2605.00001").out)
    from_file = parse_profile(digest("profile", "suggest", str(bib)).out)
    assert "diffusion policy" in [keyword.text for keyword in from_ids]
    assert from_file[0].text == "gaussian splatting"


def test_an_example_that_cannot_be_read_is_named_with_a_remedy(digest: Digest, tmp_path: Path) -> None:
    missing = digest("profile", "suggest", str(tmp_path / "none.bib"))
    assert (missing.code, "there is no file" in missing.err) == (1, True)
    (tmp_path / "picture.ris").write_bytes(b"\x89PNG\xff")
    binary = digest("profile", "suggest", str(tmp_path / "picture.ris"))
    assert (binary.code, "is no text" in binary.err) == (1, True)


def test_of_a_broken_file_nothing_is_told_but_our_error(tmp_path: Path) -> None:
    (tmp_path / "broken.bib").write_text("@article{x,\n title={Gaussian Splatting},\n")
    program = (
        "import sys; from pathlib import Path; from digest.errors import ProfileError\n"
        "from digest.ranking.suggest import papers_of_bibtex as read\n"
        "try: read(Path(sys.argv[1]).read_text())\nexcept ProfileError as error: print(error)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "broken.bib")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == ("the BibTeX file holds no entry with a title\n", "")


@pytest.mark.parametrize(
    ("suffix", "start"), [("bib", "\ufeff"), ("BIB", ""), ("ris", "\ufeff"), ("RIS", "")]
)
def test_a_file_is_read_whole_whatever_wrote_it(
    digest: Digest, tmp_path: Path, suffix: str, start: str
) -> None:
    one, two = "Gaussian Splatting of Rooms", "Gaussian Splatting, fast"
    texts = {
        "bib": f"@article{{a, title={{{one}}}}}\n@article{{b, title={{{two}}}}}",
        "ris": f"TY  - JOUR\nTI  - {one}\nER  - \nTY  - JOUR\nTI  - {two}\nER  - \n",
    }
    plain, other = tmp_path / f"plain.{suffix.lower()}", tmp_path / f"other.{suffix}"
    plain.write_text(texts[suffix.lower()], encoding="utf-8")
    other.write_text(start + texts[suffix.lower()], encoding="utf-8")
    assert digest("profile", "suggest", str(other)).out == digest("profile", "suggest", str(plain)).out


def test_a_file_of_ids_is_the_papers_it_names(digest: Digest, tmp_path: Path) -> None:
    listed = tmp_path / "liked.txt"
    listed.write_text("2605.00001\nhttps://arxiv.org/abs/2605.00003v2\n", encoding="utf-8")
    named = digest("profile", "suggest", "2605.00001", "2605.00003")
    assert digest("profile", "suggest", str(listed)).out == named.out != "\n"


@pytest.mark.parametrize("text", ["", "the and of\n"])
def test_examples_that_say_nothing_are_no_empty_proposal(digest: Digest, tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.txt").write_text(text, encoding="utf-8")
    ran = digest("profile", "suggest", str(tmp_path / "empty.txt"))
    assert (ran.code, ran.out) == (1, "")
    assert "say nothing" in ran.err


def test_a_profile_may_begin_with_what_it_excludes(digest: Digest) -> None:
    shown = json.loads(digest("profile", "test", "-survey, robots", "--json").out)
    assert shown["chosen_ids"] == ["2605.00001"]
    mistyped = digest("profile", "test", "robots", "--agianst", "RAG")
    assert (mistyped.code, mistyped.out) == (2, "")
    mistyped = digest("profile", "test", "--jsno", "robots")
    assert (mistyped.code, "--jsno" in mistyped.err) == (2, True)


def test_an_unknown_example_is_named(digest: Digest) -> None:
    assert "2605.99999" in digest("profile", "suggest", "2605.99999").err
    assert "neither a file nor an arXiv id" in digest("profile", "suggest", "nothing").err


@pytest.mark.parametrize(
    "written",
    [
        "arXiv:2605.00001v2",
        "https://arxiv.org/abs/2605.00001v1",
        "http://www.arxiv.org/pdf/2605.00001.pdf",
        "https://huggingface.co/papers/2605.00001/",
    ],
)
def test_a_paper_is_known_by_the_address_of_its_page(digest: Digest, written: str) -> None:
    assert digest("subscribers", "add", "ada@example.org", "-k", "diffusion").code == 0
    assert "[2605.00001," in digest("explain", written, "--subscriber", "1").out
    assert "\n2605.00001  revision" in digest("paper", written).out


def test_what_is_no_paper_is_wrong_usage(digest: Digest) -> None:
    for written in ("https://example.org/abs/2605.00001", "two words", "../../etc"):
        ran = digest("paper", written)
        assert (ran.code, "is no arXiv id" in ran.err) == (2, True)


def test_every_verdict_can_be_explained(digest: Digest) -> None:
    added = digest("subscribers", "add", "ada@example.org", "--profile", "robots=robots, -survey")
    assert added.code == 0, added.err
    excluded = digest("explain", "2605.00003", "--subscriber", "ada@example.org").out
    assert "excluded by -survey" in excluded
    assert "not sent yet: the next digest weighs it" in excluded
    [chosen] = json.loads(digest("explain", "2605.00001", "--subscriber", "ada@example.org", "--json").out)
    assert chosen["score"]["value"] > 0
    today = datetime.now(UTC).date()
    assert digest("prepare", "--day", str(today), "--subscriber", "ada@example.org").code == 0
    sent = digest("explain", "2605.00001", "--subscriber", "ada@example.org").out
    assert f"sent in the digest of {day_name(today, year=True)}" in sent
    assert digest("explain", "2605.77777", "--subscriber", "ada@example.org").code == 1


def test_a_score_is_explained_by_what_was_known_when_it_was_given(
    digest: Digest, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the keywords are related to is read from the store, not learnt again."""
    now = datetime.now(UTC)
    with transaction(sqlite_engine) as session:
        records = material.records(60, day=now.date())
        papers.store(session, [one.paper for one in records], now=now)
        listings.store(session, now.date(), records, arrival=2, silent=False, now=now)
    (wanted,) = material.profile_texts(1)
    assert digest("subscribers", "add", "ada@example.org", "--profile", f"mine={wanted}").code == 0
    asked = ("explain", records[0].paper.id, "--subscriber", "ada@example.org", "--json")
    before = json.loads(digest(*asked).out)
    assert digest("prepare", "--subscriber", "ada@example.org").code == 0
    situation.forget()
    learnt: list[Unit] = []

    def noted(units: Sequence[Unit], space: Space) -> list[Relation | None]:
        learnt.extend(units)
        return learn_relations(units, space)

    monkeypatch.setattr(kin, "learn_relations", noted)
    [[one], [other]] = (before, json.loads(digest(*asked).out))
    assert one["score"] == other["score"]
    assert learnt == []
