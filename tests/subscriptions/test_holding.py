"""What is held on a person: handed out in full, erased in one go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from digest.errors import NotFound
from digest.model import FeedbackVerdict, Weight
from digest.ranking import parse_profile
from digest.store import profiles, sign_ups, suppressions
from digest.store.database import reading, transaction
from digest.store.schema import Base
from digest.store.sign_ups import Outcome
from digest.subscriptions import erase, export, give_feedback, take_back
from digest.subscriptions.holding import ADDRESS
from digest.tokens import Keys, keyed_hash
from tests.subscriptions.conftest import NOW, Subscribe

KEYS = Keys((b"a secret key for tests only",))


def fill(engine: Engine, number: int) -> None:
    """Leave a row in every table that names a subscriber."""
    with transaction(engine) as session:
        give_feedback(session, number, "2503.02130", FeedbackVerdict.MORE, NOW)
        [own] = profiles.of_subscriber(session, number, parse_profile)
        profiles.set_weights(session, own.id, [Weight("grasping", 1.5)])
        at = (NOW - timedelta(hours=1)).replace(tzinfo=None).isoformat(" ")
        values = {"n": number, "at": at}
        for statement in (
            "INSERT INTO saved (subscriber_id, paper_id, at) VALUES (:n, 'p', :at)",
            "INSERT INTO digests (subscriber_id, slot, kind, sheet, arrival_to, created_at) "
            "VALUES (:n, '2026-03-02', 'daily', '{}', 1, :at)",
            "INSERT INTO entries (subscriber_id, paper_id, rising, digest_id) "
            "SELECT :n, 'p', false, id FROM digests WHERE subscriber_id = :n",
            "INSERT INTO deliveries (digest_id, subscriber_id, channel, address, slot, state, attempts, "
            "kills, claim, claimed_by, message_id, template, fingerprint, reference, reason, created_at) "
            "SELECT id, :n, 'email', 'ada@example.org', '2026-03-02', 'sent', 1, "
            "0, 1, '', '', '', '', '', '', :at "
            "FROM digests WHERE subscriber_id = :n",
            "INSERT INTO attempts (delivery_id, number, worker, at, outcome, code, detail) "
            "SELECT id, 1, '', :at, 'sent', '', '' FROM deliveries WHERE subscriber_id = :n",
        ):
            session.execute(text(statement), values)


def rows(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {
            name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in Base.metadata.tables
        }


def test_the_export_holds_every_table_that_names_the_person_and_nobody_else(
    engine: Engine, join: Subscribe
) -> None:
    ada, eve = join(), join(address="eve@example.org")
    fill(engine, ada.id)
    fill(engine, eve.id)
    with reading(engine) as session:
        found = export(session, ada.id)
    assert {name: len(lines) for name, lines in found.items() if lines} == {
        "subscribers": 1,
        "profiles": 1,
        "weights": 1,
        "feedback": 1,
        "saved": 1,
        "digests": 1,
        "entries": 1,
        "deliveries": 1,
        "attempts": 1,
    }
    assert found["subscribers"][0]["address"] == "ada@example.org"
    assert found["subscribers"][0]["weekdays"] == [0, 1, 2, 3, 4, 5, 6]
    assert found["weights"][0]["term"] == "grasping"
    assert "eve@example.org" not in str(found)


def test_erasing_leaves_no_row_of_the_person_and_all_of_the_others(engine: Engine, join: Subscribe) -> None:
    eve = join(address="eve@example.org")
    fill(engine, eve.id)
    before = rows(engine)
    ada = join()
    fill(engine, ada.id)
    with transaction(engine) as session:
        sign_ups.record(session, keyed_hash(KEYS, ADDRESS, ada.address), "home", Outcome.MAILED, NOW)
        erase(session, ada.id, KEYS, NOW)
    assert rows(engine) == before
    with transaction(engine) as session, pytest.raises(NotFound):
        export(session, ada.id)


def test_never_again_leaves_a_hash_and_nothing_readable(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        erase(session, ada.id, KEYS, NOW, never_again=True)
        fingerprint = keyed_hash(KEYS, ADDRESS, ada.address)
        assert suppressions.reason(session, ada.channel, fingerprint)
    found = rows(engine)
    assert {name for name, number in found.items() if number} <= {"suppressions", "counters"}


def test_a_word_on_a_paper_is_kept_and_taken_back(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        give_feedback(session, ada.id, "2503.02130", FeedbackVerdict.LESS, NOW)
        assert export(session, ada.id)["feedback"][0]["verdict"] == "less"
        assert take_back(session, ada.id, "2503.02130")
        assert not take_back(session, ada.id, "2503.02130")
        with pytest.raises(NotFound):
            give_feedback(session, 999, "2503.02130", FeedbackVerdict.LESS, NOW)
