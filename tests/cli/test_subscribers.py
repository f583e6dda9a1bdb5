"""``digest subscribers``: an admin's day."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

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
    assert "profile Trending: (trending)" in text
    assert "address: ada@example.org" in text


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


def test_erasing_asks_first_and_leaves_nothing(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    add(digest)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert digest("subscribers", "erase", "1").code == 130
    assert digest("subscribers", "show", "1").code == 0
    assert digest("subscribers", "erase", "1", "--yes", "--never-again").code == 0
    assert digest("subscribers", "show", "1").code == 1


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
    assert (ran.code, "line 2: that is no Slack channel id" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no lines"),
        ("address,keywords\n", "no lines"),
        ("mail,keywords\na@example.org,x\n", "no column 'address'"),
        ("address,keywords\na@example.org,x\nnonsense,x\n", "line 3: that is no mail address"),
        ("address,keywords,bar\na@example.org,x,high\n", "line 2: could not convert"),
        ("address,keywords,weekdays\na@example.org,x,nosuchday\n", "line 2"),
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
