"""``digest deliver`` and ``digest deliveries``: handing over by hand, and looking after the rest."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from digest.clock import utc_now
from digest.model import DeliveryState
from digest.store import circuits, notices
from digest.store.database import open_engine, transaction
from digest.store.deliveries import TABLE
from tests.cli.conftest import Digest
from tests.faults.relay import Relay
from tests.store.outbox import all_of, fill


@pytest.fixture
def store(digest: Digest, sqlite_url: str) -> Engine:
    return open_engine(sqlite_url)


def put(engine: Engine, state: DeliveryState, *, unanswered: int = 0) -> None:
    with transaction(engine) as session:
        session.execute(update(TABLE).values(state=state, unanswered=unanswered, next_attempt_at=None))


def test_a_dry_run_counts_and_sends_nothing(digest: Digest, store: Engine) -> None:
    fill(store, 3)
    assert "3 deliveries are due" in digest("deliver", "--dry-run").err
    assert json.loads(digest("deliver", "--dry-run", "--json").out) == {"due": 3}
    assert {one.state for one in all_of(store)} == {DeliveryState.PLANNED}


def test_nothing_due_is_said_so(digest: Digest) -> None:
    assert "nothing is due" in digest("deliver").err


def test_an_unreachable_server_ends_with_6_and_says_why(
    digest: Digest, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 1)
    with Relay() as relay:
        port = relay.port
    monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
    monkeypatch.setenv("DIGEST_EMAIL__PORT", str(port))
    ran = digest("deliver")
    assert ran.code == 6
    assert "refused" in ran.err


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_while_mail_waits_for_a_server_that_cannot_be_used_no_run_ends_well(
    digest: Digest, store: Engine, quiet: list[str]
) -> None:
    """The next probe is not due yet: the server is not asked, and nothing is sent."""
    fill(store, 3)
    now = utc_now()
    with transaction(store) as session:
        circuits.trip(session, "email", "535 who are you", now=now, probe_at=now + timedelta(minutes=5))
    ran = digest(*quiet, "deliver")
    assert ran.code == 6
    assert "nothing is due" not in ran.err
    assert f"email cannot be used since {now:%Y-%m-%d %H:%M} UTC: 535 who are you; 3 wait; " in ran.err
    assert f"next probe at {now + timedelta(minutes=5):%Y-%m-%d %H:%M} UTC" in ran.err
    told = json.loads(digest("deliver", "--json").out)["resting"]["email"]
    assert (told["waiting"], told["reason"]) == (3, "535 who are you")
    assert digest("deliver", "--channel", "file").code == 0


def test_a_server_that_cannot_be_used_troubles_nobody_while_nothing_waits(
    digest: Digest, store: Engine
) -> None:
    now = utc_now()
    with transaction(store) as session:
        circuits.trip(session, "email", "535 who are you", now=now, probe_at=now + timedelta(minutes=5))
    ran = digest("deliver")
    assert (ran.code, "nothing is due" in ran.err) == (0, True)


def test_deliver_sends_what_is_due_by_the_configured_server(
    digest: Digest, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 3)
    with Relay() as relay:
        monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
        monkeypatch.setenv("DIGEST_EMAIL__PORT", str(relay.port))
        ran = digest("deliver", "--json", "--channel", "email")
        assert len(relay.accepted) == 3
    assert json.loads(ran.out) == {"outcomes": {"sent": 3}, "letters": 0, "faulty": {}, "resting": {}}
    assert b"Message-ID: <" in relay.accepted[0].body


def test_letters_are_counted_apart_from_digests(
    digest: Digest, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("subscribers", "add", "ada@example.org", "--trending").code == 0
    with transaction(store) as session:
        notices.plan(session, 1, notices.Kind.KNOWN, utc_now())
    with Relay() as relay:
        monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
        monkeypatch.setenv("DIGEST_EMAIL__PORT", str(relay.port))
        assert "1 letter sent" in digest("deliver").err
        assert len(relay.accepted) == 1


def test_listing_shortens_addresses_and_chooses_by_state(digest: Digest, store: Engine) -> None:
    fill(store, 2)
    lines = digest("deliveries", "list").out.splitlines()
    assert len(lines) == 2
    assert "reader" not in lines[0]
    assert "r…@example.org" in lines[0]
    assert digest("deliveries", "list", "--state", "poison").out == ""
    assert len(json.loads(digest("deliveries", "list", "--json").out)) == 2
    assert digest("deliveries", "list", "--state", "lost").code == 2


def test_release_gives_poison_another_chance(digest: Digest, store: Engine) -> None:
    (number,) = fill(store, 1)
    put(store, DeliveryState.POISON)
    assert digest("deliveries", "release", str(number)).code == 0
    assert all_of(store)[0].state is DeliveryState.PLANNED
    assert digest("deliveries", "release", str(number)).code == 1


def test_what_may_have_arrived_stays_unknown_when_it_is_released(digest: Digest, store: Engine) -> None:
    (number,) = fill(store, 1)
    put(store, DeliveryState.UNKNOWN, unanswered=2)
    digest("deliveries", "release", str(number))
    one = all_of(store)[0]
    assert (one.state, one.next_attempt_at is not None) == (DeliveryState.UNKNOWN, True)


def test_retry_is_for_what_was_refused_or_put_off(digest: Digest, store: Engine) -> None:
    (number,) = fill(store, 1)
    put(store, DeliveryState.REFUSED)
    assert digest("deliveries", "retry", str(number)).code == 0
    put(store, DeliveryState.SENT)
    ran = digest("deliveries", "retry", str(number))
    assert ran.code == 1
    assert f"not in a state that allows it: {number} (sent)" in ran.err


@pytest.mark.parametrize("change", ["retry", "release", "close"])
def test_a_delivery_that_is_not_there_is_told_from_one_in_another_state(
    digest: Digest, store: Engine, change: str
) -> None:
    (number,) = fill(store, 1)
    put(store, DeliveryState.SENT)
    ran = digest("deliveries", change, str(number), "999")
    assert ran.code == 1
    assert f"not in a state that allows it: {number} (sent)\n" in ran.err
    assert "there is no delivery 999: `digest deliveries list`" in ran.err


def test_close_says_that_it_arrived_or_shall_not_be_sent(digest: Digest, store: Engine) -> None:
    first, second = fill(store, 2)
    put(store, DeliveryState.UNKNOWN)
    digest("deliveries", "close", str(first), "--sent")
    digest("deliveries", "close", str(second))
    assert [one.state for one in all_of(store)] == [DeliveryState.SENT, DeliveryState.REFUSED]


def test_show_tells_of_one_delivery_and_names_an_unknown_one(digest: Digest, store: Engine) -> None:
    (number,) = fill(store, 1)
    text = digest("deliveries", "show", str(number)).out
    assert text.startswith(f"{number}\t2026-03-02\tplanned")
    assert "  subscriber   " in text
    assert "accepted as" not in text
    assert json.loads(digest("deliveries", "show", str(number), "--json").out)["attempts_made"] == []
    ran = digest("deliveries", "show", "99")
    assert ran.code == 1
    assert "there is no delivery 99" in ran.err


def test_a_lease_that_a_hand_over_might_outlast_is_refused(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DELIVERY__LEASE_SECONDS", "700")
    ran = digest("deliver")
    assert ran.code == 3
    assert "delivery.lease_seconds (700) must outlast a hand-over (750 s)" in ran.err
