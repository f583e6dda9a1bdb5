"""``digest subscribers``: an admin's day."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from digest.model import ChannelName, DeliveryState
from digest.store import deliveries, suppressions
from digest.store.database import transaction
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import keyed_hash
from tests.cli.conftest import Digest
from tests.keys import KEYS


def add(digest: Digest, address: str = "ada@example.org", *more: str) -> str:
    ran = digest("subscribers", "add", address, "-k", "robot learning", *more)
    assert ran.code == 0, ran.err
    return ran.out.strip()


def test_adding_prints_the_number_and_says_when_the_first_digest_comes(digest: Digest) -> None:
    ran = digest(
        "subscribers", "add", "ada@example.org", "-k", "robots", "--timezone", "Asia/Tokyo", "--at", "06:15"
    )
    assert (ran.code, ran.out) == (0, "1\n")
    assert "06:15 JST" in ran.err


def test_keywords_given_piece_by_piece_make_one_profile(digest: Digest) -> None:
    assert (
        digest("subscribers", "add", "ada@example.org", "-k", "robots", "-k", "speech^2, -survey").code == 0
    )
    assert "Papers: robots, speech^2, -survey" in digest("subscribers", "show", "1").out
    assert digest("subscribers", "change", "1", "-k", "audio", "-k", "music").code == 0
    assert "Papers: audio, music" in digest("subscribers", "show", "1").out


def test_adding_to_a_channel_that_is_not_used_says_that_nothing_is_sent(digest: Digest) -> None:
    ran = digest("subscribers", "add", "C0123ABCD", "--channel", "slack", "-k", "robots")
    assert (ran.code, "while slack.enabled is false" in ran.err) == (0, True)
    assert "enabled is false" not in digest("subscribers", "add", "ada@example.org", "-k", "robots").err


def test_everything_asked_for_is_shown(digest: Digest) -> None:
    number = add(
        digest,
        "ada@example.org",
        *("-p", "Speech=speech, audio", "--trending", "--weekdays", "mon,thu", "--bar", "6.5"),
        *("--limit", "3", "--empty", "never", "--no-rising"),
    )
    shown = json.loads(digest("subscribers", "show", "ada@example.org", "--json").out)
    assert shown["id"] == int(number)
    assert shown["weekdays"] == "mon,thu"
    assert (shown["empty_digests"], shown["rising"]) == ("never", False)
    assert [(one["name"], one["bar"], one["limit"]) for one in shown["profiles"]] == [
        ("Papers", 6.5, 3),
        ("Speech", 6.5, 3),
        ("Trending", 6.5, 3),
    ]
    text = digest("subscribers", "show", number).out
    assert "Trending: what is trending  (bar 6.5, at most 3)" in text
    assert f"{number}  ada@example.org  (email)" in text
    assert "Monday and Thursday at 07:30 (UTC)" in text
    assert "none yet" in text


def test_adding_as_json_gives_one_document(digest: Digest) -> None:
    ran = digest("subscribers", "add", "ada@example.org", "-k", "robots", "--json")
    assert json.loads(ran.out)["state"] == "confirmed"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("ada",), 1, "no mail address"),
        (("ada@example.org", "-k", '"x'), 1, "x"),
        (("ada@example.org",), 1, "no profile"),
        (("ada@example.org", "-k", "x", "--weekdays", "someday"), 2, "someday"),
        (("ada@example.org", "-k", "x", "--at", "26:00"), 2, "26:00"),
        (("ada@example.org", "-p", "nonsense"), 2, "NAME=KEYWORDS"),
        (("ada@example.org", "-k", "x", "--timezone", "Mars"), 1, "no time zone"),
    ],
)
def test_what_is_wrong_is_named_on_stderr(
    digest: Digest, arguments: tuple[str, ...], code: int, says: str
) -> None:
    ran = digest("subscribers", "add", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err


def test_the_list_is_data_and_can_be_narrowed(digest: Digest) -> None:
    add(digest)
    add(digest, "eve@example.org")
    digest("subscribers", "pause", "eve@example.org")
    assert len(digest("subscribers", "list").out.splitlines()) == 2
    ran = digest("subscribers", "list", "--state", "paused", "--channel", "email")
    assert [line.split("\t")[2::2] for line in ran.out.splitlines()] == [["paused", "eve@example.org"]]
    assert "1 subscriber\n" in ran.err
    assert len(json.loads(digest("subscribers", "list", "--json").out)) == 2
    assert digest("subscribers", "list", "--state", "asleep").code == 2


def test_a_webhook_is_a_secret_and_shown_by_its_end(digest: Digest) -> None:
    hook = "https://hooks.slack.com/services/T000/B000/secretpart9876"
    add(digest, hook, "--channel", "slack")
    for ran in (digest("subscribers", "list"), digest("subscribers", "show", "1", "--json")):
        assert "9876" in ran.out
        assert "secretpart" not in ran.out + ran.err


def test_pausing_resuming_and_removing_say_what_happens(digest: Digest) -> None:
    add(digest)
    assert "until 2" in digest("subscribers", "pause", "1", "--until", _soon()).err
    assert "until resumed" in digest("subscribers", "pause", "1").err
    assert "due 2" in digest("subscribers", "resume", "1").err
    assert digest("subscribers", "pause", "1", "--until", "someday").code == 2
    assert "erase" in digest("subscribers", "remove", "1").err
    assert json.loads(digest("subscribers", "show", "1", "--json").out)["state"] == "unsubscribed"
    assert digest("subscribers", "resume", "1").code == 1


def _soon() -> str:
    from datetime import UTC, datetime, timedelta

    return str((datetime.now(UTC) + timedelta(days=20)).date())


def test_an_unknown_subscriber_is_named_with_a_remedy(digest: Digest) -> None:
    ran = digest("subscribers", "show", "99")
    assert ran.code == 1
    assert "no subscriber 99" in ran.err
    assert "→" in ran.err


class Terminal(io.StringIO):
    """A stdin with a person at it."""

    def isatty(self) -> bool:
        return True


def test_erasing_asks_first_and_leaves_nothing(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    add(digest)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    ran = digest("subscribers", "erase", "1")
    assert (ran.code, "nothing was erased" in ran.err) == (0, True)
    assert digest("subscribers", "show", "1").code == 0
    assert digest("subscribers", "erase", "1", "--yes", "--never-again").code == 0
    assert digest("subscribers", "show", "1").code == 1


def test_asking_before_an_erasure_waits_for_no_other_writer(
    digest: Digest, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(digest)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    monkeypatch.setattr("digest.store.database.SQLITE_WAIT_MS", 20)
    with transaction(sqlite_engine) as writer:
        writer.execute(text("SELECT 1"))  # now it has the lock
        ran = digest("subscribers", "erase", "1")
    assert (ran.code, "nothing was erased" in ran.err) == (0, True)


def test_erasing_without_a_terminal_names_the_option_instead_of_asking_nobody(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(digest)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    ran = digest("subscribers", "erase", "1")
    assert (ran.code, "--yes" in ran.err) == (2, True)
    assert digest("subscribers", "show", "1").code == 0


def test_everything_on_one_person_is_exported_as_json(digest: Digest) -> None:
    add(digest)
    held = json.loads(digest("subscribers", "export", "ada@example.org").out)
    assert held["subscribers"][0]["address"] == "ada@example.org"
    assert held["profiles"][0]["text"] == "robot learning"


def test_an_export_imports_again_as_it_was(digest: Digest, tmp_path: Path) -> None:
    add(digest, "ada@example.org", "-p", "Minus=-survey, speech", "--bar", "6", "--weekdays", "fri")
    add(digest, "eve@example.org", "--trending")
    file = tmp_path / "out.csv"
    file.write_text(digest("subscribers", "export").out)
    assert "'-survey" in file.read_text()
    shown = [_shown(digest, number) for number in ("1", "2")]
    for number in ("1", "2"):
        digest("subscribers", "erase", number, "--yes")
    trial = digest("subscribers", "import", str(file))
    assert trial.code == 0
    assert "2 would be subscribed" in trial.err
    assert digest("subscribers", "list").out == ""
    assert (
        "2 subscribed, 0 skipped, 0 were there before"
        in digest("subscribers", "import", str(file), "--yes").err
    )
    assert [_shown(digest, name) for name in ("ada@example.org", "eve@example.org")] == shown


def _shown(digest: Digest, name: str) -> object:
    values = json.loads(digest("subscribers", "show", name, "--json").out)
    return {
        key: value
        for key, value in values.items()
        if key not in {"id", "created_at", "confirmed_at", "consent_source"}
    }


def test_an_import_skips_who_is_there_or_left_and_names_the_line(digest: Digest, tmp_path: Path) -> None:
    add(digest)
    file = tmp_path / "in.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["address", "keywords", "state"])
        writer.writerow(["ADA@example.org", "robots", ""])
        writer.writerow(["gone@example.org", "robots", "unsubscribed"])
        writer.writerow(["new@example.org", "robots", "confirmed"])
    ran = digest("subscribers", "import", str(file), "--yes")
    assert "line 2: already there, confirmed" in ran.err
    assert "line 3: unsubscribed" in ran.err
    assert "1 subscribed, 2 skipped, 1 were there before" in ran.err


def test_an_import_that_is_repeated_sums_up_who_is_there(digest: Digest, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    lines = [f"person{number}@example.org,robots," for number in range(20)]
    file.write_text("\n".join(["address,keywords,state", *lines]))
    assert digest("subscribers", "import", str(file), "--yes").code == 0
    file.write_text("\n".join(["address,keywords,state", *lines, "gone@example.org,robots,unsubscribed"]))
    assert digest("subscribers", "import", str(file), "--yes").err.splitlines() == [
        "line 22: unsubscribed",
        "20 lines: already there, confirmed",
        "0 subscribed, 21 skipped, 20 were there before",
    ]


def test_an_import_knows_addresses_as_subscribing_stores_them(digest: Digest, tmp_path: Path) -> None:
    hook = "https://hooks.slack.com/services/T000/B000/Secret9876"
    for address in ("C0123ABCD", hook):
        add(digest, address, "--channel", "slack")
    add(digest, "ada@xn--bcher-kva.example")
    file = tmp_path / "in.csv"
    rows = f"slack,C0123ABCD,x\nslack,{hook},x\nemail,Ada@Bücher.example,x\n"
    file.write_text("channel,address,keywords\n" + rows, encoding="utf-8")
    ran = digest("subscribers", "import", str(file), "--yes")
    assert "0 subscribed, 3 skipped, 3 were there before" in ran.err
    file.write_text("channel,address,keywords\nslack,c0123abcd,x\n")
    ran = digest("subscribers", "import", str(file), "--yes")
    assert (ran.code, "line 2: this is no Slack address" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no lines"),
        ("address,keywords\n", "no lines"),
        ("mail,keywords\na@example.org,x\n", "no column 'address'"),
        ("address,keywords\na@example.org,x\nnonsense,x\n", "line 3: that is no mail address"),
        ("address,keywords,bar\na@example.org,x,high\n", "line 2: could not convert"),
        ("address,keywords,weekdays\na@example.org,x,nosuchday\n", "line 2"),
        ("address,keywords,state\na@example.org,x,asleep\n", "line 2: 'asleep'"),
        ("address,keywords,learning\na@example.org,x,perhaps\n", "line 2: learning is 'perhaps'"),
        ("address,keywords,paused_until\na@example.org,x,someday\n", "line 2"),
        ('address,keywords\n"a@example.org,x\n', "no CSV"),
    ],
)
def test_a_wrong_file_is_refused_as_a_whole_with_the_line(
    digest: Digest, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "in.csv"
    file.write_text(text)
    ran = digest("subscribers", "import", str(file), "--yes")
    assert ran.code == 1
    assert says in ran.err
    assert digest("subscribers", "list").out == ""


def test_who_was_erased_for_good_comes_back_only_by_an_explicit_unsuppress(
    digest: Digest, tmp_path: Path
) -> None:
    add(digest)
    assert digest("subscribers", "erase", "ada@example.org", "--never-again", "--yes").code == 0
    ran = digest("subscribers", "add", "ada@example.org", "-k", "robots")
    assert ran.code == 1
    assert "digest subscribers unsuppress" in ran.err
    assert "ada@example.org" not in ran.err
    file = tmp_path / "all.csv"
    file.write_text("address,keywords\nada@example.org,robots\nbob@example.org,robots\n")
    ran = digest("subscribers", "import", str(file), "--yes")
    assert ran.code == 0
    assert "line 2: that address is on the suppression list" in ran.err
    assert "1 subscribed, 1 skipped" in ran.err
    ran = digest("subscribers", "unsuppress", "Ada@Example.org")
    assert ran.code == 0
    assert "asked never to be written to" in ran.err
    assert "suppression.lifted" in ran.err
    assert "ada@example.org" not in ran.err.lower()
    add(digest)
    assert digest("subscribers", "unsuppress", "ada@example.org").code == 1


def test_a_suppressed_subscriber_is_not_resumed_in_passing(digest: Digest) -> None:
    add(digest)
    with closing(sqlite3.connect("store.sqlite3")) as store, store:
        stored = keyed_hash(KEYS, ADDRESS, "ada@example.org")
        store.execute(
            "INSERT INTO suppressions VALUES ('email', ?, 'bounced: 5.1.1', '2026-03-02 09:00:00')", [stored]
        )
    ran = digest("subscribers", "resume", "ada@example.org")
    assert ran.code == 1
    assert "unsuppress" in ran.err
    assert digest("subscribers", "unsuppress", "ada@example.org").code == 0
    assert digest("subscribers", "resume", "ada@example.org").code == 0


# --- changing --------------------------------------------------------------------------------


def profiles_of(digest: Digest, name: str = "1") -> dict[str, tuple[str, float | None, int | None]]:
    shown = json.loads(digest("subscribers", "show", name, "--json").out)
    return {one["name"]: (one["text"], one["bar"], one["limit"]) for one in shown["profiles"]}


def test_a_schedule_is_changed_piece_by_piece(digest: Digest) -> None:
    add(digest, "ada@example.org", "--weekdays", "mon,thu", "--empty", "never")
    ran = digest("subscribers", "change", "ada@example.org", "--at", "06:15", "--timezone", "Asia/Tokyo")
    assert (ran.code, "06:15 JST" in ran.err) == (0, True)
    shown = json.loads(digest("subscribers", "show", "1", "--json").out)
    assert (shown["send_at"], shown["timezone"]) == ("06:15", "Asia/Tokyo")
    assert (shown["weekdays"], shown["empty_digests"], shown["rising"]) == ("mon,thu", "never", True)
    assert digest("subscribers", "change", "1", "--weekdays", "daily", "--no-rising").code == 0
    shown = json.loads(digest("subscribers", "show", "1", "--json").out)
    assert (len(shown["weekdays"].split(",")), shown["rising"]) == (7, False)


def test_the_only_profile_gets_other_keywords_and_keeps_the_rest(digest: Digest) -> None:
    add(digest, "ada@example.org", "--bar", "6")
    assert digest("subscribers", "change", "1", "-k", "speech").code == 0
    assert profiles_of(digest) == {"Papers": ("speech", 6, None)}
    assert digest("subscribers", "change", "1", "--limit", "3").code == 0
    assert profiles_of(digest) == {"Papers": ("speech", 6, 3)}


def test_profiles_are_added_changed_and_dropped_by_name(digest: Digest) -> None:
    add(digest, "ada@example.org", "--trending")
    ran = digest(
        "subscribers", "change", "1", "-p", "Speech=speech, audio", "-p", "papers=vision", "--bar", "5"
    )
    assert ran.code == 0, ran.err
    assert profiles_of(digest) == {
        "Papers": ("vision", 5, None),
        "Trending": ("", None, None),
        "Speech": ("speech, audio", 5, None),
    }
    assert digest("subscribers", "change", "1", "--drop", "PAPERS", "--drop", "Speech").code == 0
    assert digest("subscribers", "change", "1", "--bar", "2").code == 0
    assert profiles_of(digest) == {"Trending": ("", 2, None)}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "say what to change"),
        (("-k", "speech"), 2, "name one with --profile"),
        (("-p", "nonsense"), 2, "NAME=KEYWORDS"),
        (("--drop", "Vision"), 2, "there is no profile 'Vision', only Papers, Two"),
        (("-p", "Papers="), 1, "no keywords"),
        (("--bar", "11"), 1, "between 0 and 10"),
        (("--timezone", "Mars", "--limit", "3"), 1, "no time zone"),
        (("--limit", "3", "--drop", "Papers", "--drop", "Two"), 1, "only profile"),
    ],
)
def test_a_wrong_change_is_named_and_changes_nothing(
    digest: Digest, arguments: tuple[str, ...], code: int, says: str
) -> None:
    add(digest, "ada@example.org", "-p", "Two=audio")
    before = digest("subscribers", "show", "1", "--json").out
    ran = digest("subscribers", "change", "1", *arguments)
    assert (ran.code, says in ran.err) == (code, True), ran.err
    assert digest("subscribers", "show", "1", "--json").out == before


# --- what an admin asks: why did nothing come? ---------------------------------------------------


def test_the_last_digests_are_shown_with_what_became_of_them(digest: Digest, sqlite_engine: Engine) -> None:
    today = datetime.now(UTC).date()
    add(digest, "ada@example.org", "--empty", "always")
    add(digest, "eve@example.org", "--empty", "never")
    assert digest("prepare", "--day", str(today)).code == 0
    assert re.search(rf"digests +{today}  0 papers +planned next try .* \[delivery 1\]", show(digest, "1"))
    assert re.search(rf"digests +{today}  0 papers +not sent: without papers", show(digest, "2"))
    with transaction(sqlite_engine) as session:
        deliveries.close(session, [1], DeliveryState.REFUSED, now=datetime.now(UTC))
    assert "refused at" in show(digest, "1")
    assert "closed by an operator" in show(digest, "1")
    told = json.loads(digest("subscribers", "show", "1", "--json").out)["digests"]
    assert [(one["slot"], one["papers"], one["state"]) for one in told] == [(str(today), 0, "refused")]


def test_why_nobody_writes_to_an_address_is_shown(digest: Digest, sqlite_engine: Engine) -> None:
    add(digest)
    with transaction(sqlite_engine) as session:
        hashed = keyed_hash(KEYS, ADDRESS, "ada@example.org")
        suppressions.add(session, ChannelName.EMAIL, hashed, "5.1.1", datetime.now(UTC))
    assert "5.1.1: nothing is sent until `digest subscribers unsuppress`" in show(digest, "1")
    assert digest("subscribers", "pause", "1").code == 0
    assert "paused until resumed" in show(digest, "1")
    assert re.search(r"next digest +never", show(digest, "1"))


def show(digest: Digest, name: str) -> str:
    return digest("subscribers", "show", name).out
