"""Subscribers as CSV: out and in again, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine, event

from digest.cli.subscriber_files import csv_lines
from digest.model import ChannelName
from digest.store.database import transaction
from digest.subscriptions import subscribe
from tests.keys import KEYS

NOW = datetime.now(UTC)


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
