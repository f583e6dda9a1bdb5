"""Subscribers as CSV: what people chose goes out and comes in again, on both databases."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from digest.cli.subscriber_files import csv_lines
from digest.model import ChannelName
from digest.ranking.stored_profiles import read_stored
from digest.store import profiles, subscribers
from digest.store.database import reading, transaction
from digest.store.profiles import Draft
from digest.subscriptions import save_profile
from tests.cli.conftest import Digest
from tests.joining import subscribe
from tests.keys import KEYS

NOW = datetime.now(UTC)
SOON = (NOW + timedelta(days=20)).date()
NO_CHOICE = {"id", "created_at", "confirmed_at", "consent_source", "next_due_at"}


@pytest.fixture
def both(digest: Digest, monkeypatch: pytest.MonkeyPatch, store_url: str) -> Digest:
    """``digest(…)`` on both databases."""
    monkeypatch.setenv("DIGEST_STORE__URL", store_url)
    return digest


def shown(digest: Digest, name: str) -> dict[str, object]:
    values = json.loads(digest("subscribers", "show", name, "--json").out)
    return {key: value for key, value in values.items() if key not in NO_CHOICE}


def change_profiles(engine: Engine, name: str, **changes: Draft) -> None:
    """Give profiles another form, as their owner does on the web or in Slack."""
    with transaction(engine) as session:
        number = subscribers.named(session, name).id
        for one in profiles.of_subscriber(session, number, read_stored):
            if one.name in changes:
                draft = changes[one.name]
                save_profile(session, number, one.id, draft, NOW, trending=one.trending)


def test_all_that_a_subscriber_can_choose_comes_back(both: Digest, engine: Engine, tmp_path: Path) -> None:
    names = ("ada@example.org", "bob@example.org", "eve@example.org", "C0123ABCD")
    more = ("-p", "Minus=-survey, speech", "--weekdays", "mon,fri", "--empty", "never", "--no-rising")
    asked = ("--bar", "6.5", "--limit", "3", "--timezone", "Asia/Tokyo", "--at", "06:15", *more)
    both("subscribers", "add", names[0], "-k", "robots", *asked)
    both("subscribers", "add", names[1], "-k", "robots", "--trending")
    both("subscribers", "add", names[2], "-k", "robots")
    both("subscribers", "add", names[3], "--channel", "slack", "-k", "robots")
    both("subscribers", "pause", names[0], "--until", str(SOON))
    both("subscribers", "pause", names[1])
    change_profiles(engine, names[0], Papers=Draft("Papers", "robots", 6.5, 3, learning=False))
    change_profiles(engine, names[1], Trending=Draft("What is hot", ""))
    before = [shown(both, name) for name in names]
    assert [one["state"] for one in before] == ["paused", "paused", "confirmed", "confirmed"]
    file = tmp_path / "out.csv"
    file.write_text(both("subscribers", "export").out)
    for name in names:
        both("subscribers", "erase", name, "--yes")
    assert "4 subscribed, 0 skipped" in both("subscribers", "import", str(file), "--yes").err
    assert [shown(both, name) for name in names] == before


def test_who_was_paused_is_not_due_after_an_import(both: Digest, engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    rows = [("ada", "paused", SOON), ("bob", "paused", ""), ("eve", "paused", NOW.date()), ("kim", "", SOON)]
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["address", "keywords", "state", "paused_until"])
        writer.writerows([f"{name}@example.org", "robots", *others] for name, *others in rows)
    assert "4 subscribed" in both("subscribers", "import", str(file), "--yes").err
    with reading(engine) as session:
        found = {one.address.partition("@")[0]: one for one in subscribers.listed(session)}
    assert [(one.state, one.paused_until) for one in found.values()] == [
        ("paused", SOON),
        ("paused", None),
        ("confirmed", None),
        ("paused", SOON),
    ]
    assert found["bob"].next_due_at is None
    assert min(one.next_due_at.date() for one in (found["ada"], found["kim"]) if one.next_due_at) >= SOON


def test_a_file_without_the_newer_columns_imports_as_before(digest: Digest, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(
        "channel,address,state,timezone,send_at,weekdays,empty,rising,profile,keywords,bar,limit\n"
        "email,ada@example.org,confirmed,UTC,07:30,mon,weekly,no,Papers,robots,6,3\n"
        "email,ada@example.org,confirmed,UTC,07:30,mon,weekly,no,Trending,,,\n"
        "email,bob@example.org,paused,UTC,07:30,mon,weekly,yes,Papers,robots,,\n"
    )
    assert "2 subscribed" in digest("subscribers", "import", str(file), "--yes").err
    ada, bob = shown(digest, "ada@example.org"), shown(digest, "bob@example.org")
    assert (ada["state"], ada["rising"], bob["state"], bob["paused_until"]) == (
        "confirmed",
        False,
        "paused",
        None,
    )
    found = json.loads(digest("subscribers", "show", "ada@example.org", "--json").out)["profiles"]
    assert [(one["name"], one["text"], one["learning"]) for one in found] == [
        ("Papers", "robots", True),
        ("Trending", "", True),
    ]


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is asked of the store."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_an_export_of_many_asks_the_store_no_more_than_one_of_few(engine: Engine) -> None:
    counts = []
    for names in (("a", "b"), map(str, range(30))):
        with transaction(engine) as session:
            for name in names:
                subscribe(
                    session,
                    keys=KEYS,
                    channel=ChannelName.EMAIL,
                    address=f"{name}@example.org",
                    profiles={"Papers": "robots", "Speech": "audio"},
                    confirmed=True,
                    now=NOW,
                    source="test",
                )
        with statements(engine) as asked:
            lines = list(csv_lines(engine))
        counts.append((len(lines), len(asked)))
    assert [lines for lines, _ in counts] == [5, 65]
    assert counts[0][1] == counts[1][1]
