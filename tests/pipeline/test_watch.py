"""Alarms: raised once, told once, with an all-clear; health judged of plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine, update

from digest.channels.smtp import SmtpSender
from digest.channels.smtp_session import Relay as Server
from digest.config import EmailSettings, OperatorSettings
from digest.model import Alarm, Circuit, Day, DayState, DeliveryState
from digest.pipeline.bounces import POLICY_ALARM
from digest.pipeline.health import Problem, Thresholds, look, problems
from digest.pipeline.operator import Operator
from digest.pipeline.telling import TARGET
from digest.pipeline.watch import STORE, Watch
from digest.store import alarms, circuits, days, notices
from digest.store.condition import Condition
from digest.store.database import open_engine, reading, transaction
from digest.store.deliveries import TABLE
from digest.store.schema import SubscriberRow
from tests.faults.relay import Relay
from tests.store.outbox import fill, subscribe

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FINE = Condition(read_at=NOW)
LIMITS = Thresholds()
MINUTE = timedelta(minutes=1)
UNREAD = Day(date(2026, 3, 2), DayState.FAILED, reason="no element")
READ = Day(date(2026, 2, 26), DayState.SETTLED, 30, first_read_at=NOW)
EMPTY = Day(date(2026, 2, 27), DayState.SETTLED, 0, first_read_at=NOW)


def keys(found: Sequence[Problem]) -> list[str]:
    return [one.key for one in found]


def test_all_is_well_when_nothing_is_wrong() -> None:
    assert problems(FINE, LIMITS, now=NOW) == []


@pytest.mark.parametrize(
    ("found", "key"),
    [
        (Condition(), "source.stale"),
        (Condition(read_at=NOW - timedelta(hours=7)), "source.stale"),
        (Condition(read_at=NOW, ledger=(UNREAD,)), "source.day.2026-03-02"),
        (Condition(read_at=NOW, ledger=(READ,)), "source.day.2026-02-27"),
        (Condition(read_at=NOW, ledger=(EMPTY,)), "source.empty.2026-02-27"),
        (Condition(read_at=NOW, oldest_due=NOW - timedelta(hours=2), overdue=3), "slots.overdue"),
        (Condition(read_at=NOW, oldest_waiting=NOW - timedelta(hours=4), waiting=1), "deliveries.waiting"),
        (Condition(read_at=NOW, held=1), "deliveries.held"),
        (Condition(read_at=NOW, poison=1), "deliveries.poison"),
        (Condition(read_at=NOW, notices=3), "notices.waiting"),
        (Condition(read_at=NOW, circuits=(Circuit("email", NOW, NOW, 2, "no connection"),)), "circuit.email"),
    ],
)  # fmt: skip
def test_each_trouble_has_its_alarm_with_a_remedy(found: Condition, key: str) -> None:
    (problem,) = problems(found, LIMITS, now=NOW)
    assert problem.key == key
    assert problem.remedy


def test_a_fault_that_may_pass_by_itself_is_no_alarm_yet() -> None:
    brief = Condition(
        read_at=NOW,
        circuits=(Circuit("email", NOW, NOW, 1, "no connection to relay:25"),),
        oldest_due=NOW - timedelta(minutes=30),
        oldest_waiting=NOW - timedelta(hours=1),
        notices=2,
    )
    assert problems(brief, LIMITS, now=NOW) == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("535", True),
        ("5.7.8", True),
        ("starttls", True),
        ("auth", True),
        ("invalid_auth", True),
        ("sealed_token", True),
        ("421", False),
        ("4.7.1", False),
        ("connect", False),
        ("cut", False),
        ("", False),
    ],
)
def test_a_fault_is_told_at_once_only_if_its_code_says_that_it_lasts(code: str, told: bool) -> None:
    """Whatever its words look like."""
    words = "something is wrong" if told else "the greeting was refused: 550 unread mails"
    circuit = Circuit("email", NOW, NOW, 1, words, code)
    found = problems(Condition(read_at=NOW, circuits=(circuit,)), LIMITS, now=NOW)
    assert keys(found) == ["circuit.email"] * told


def test_the_store_is_read_for_what_health_needs(engine: Engine) -> None:
    fill(engine, 3)
    with transaction(engine) as session:
        days.save(session, Day(NOW.date(), DayState.FAILED, last_read_at=NOW, reason="challenge"))
        circuits.trip(session, "email", "MAIL: 550 no", now=NOW, probe_at=NOW, code="550")
        session.execute(update(SubscriberRow).values(next_due_at=NOW - timedelta(hours=5)))
        session.execute(update(TABLE).where(TABLE.c.id == 1).values(state=DeliveryState.POISON))
        held = {"state": DeliveryState.UNKNOWN, "next_attempt_at": None}
        session.execute(update(TABLE).where(TABLE.c.id == 2).values(held))
    assert keys(look(engine, LIMITS, now=NOW)) == [
        "source.day.2026-03-02",
        "slots.overdue",
        "deliveries.waiting",
        "deliveries.held",
        "deliveries.poison",
        "circuit.email",
    ]


@pytest.mark.parametrize("state", [DeliveryState.CLAIMED, DeliveryState.HANDING_OVER])
def test_what_every_worker_died_over_is_told(engine: Engine, state: DeliveryState) -> None:
    """Nobody is left to take it back; while its lease lasts, somebody has it in hand."""
    fill(engine, 1)
    read_source(engine, NOW)
    for lease_until, found in ((NOW + MINUTE, []), (NOW - MINUTE, ["deliveries.waiting"])):
        held = {"state": state, "next_attempt_at": None, "lease_until": lease_until}
        with transaction(engine) as session:
            session.execute(update(TABLE).values(held))
        assert keys(look(engine, LIMITS, now=NOW)) == found


def test_what_may_have_arrived_and_is_not_tried_again_is_told(engine: Engine) -> None:
    fill(engine, 1)
    read_source(engine, NOW)
    with transaction(engine) as session:
        session.execute(update(TABLE).values(state=DeliveryState.UNKNOWN))
    assert keys(look(engine, LIMITS, now=NOW)) == ["deliveries.waiting"]


def test_confirmations_that_do_not_go_out_are_told(engine: Engine) -> None:
    (reader,) = subscribe(engine, 1)
    read_source(engine, NOW)
    with transaction(engine) as session:
        for _ in range(3):
            notices.plan(session, reader, notices.Kind.CONFIRM, NOW - timedelta(minutes=30))
    assert keys(look(engine, LIMITS, now=NOW)) == []
    assert keys(look(engine, LIMITS, now=NOW + timedelta(minutes=31))) == ["notices.waiting"]


@dataclass
class Ear:
    """An operator who listens, or does not."""

    hears: bool = True
    raised: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    pings: int = 0

    def tell(self, raised: Sequence[Alarm], cleared: Sequence[Alarm]) -> bool:
        if self.hears:
            self.raised += [one.key for one in raised]
            self.cleared += [one.key for one in cleared]
        return self.hears

    def ping(self) -> None:
        self.pings += 1


def watch(engine: Engine, ear: Ear) -> Watch:
    return Watch(engine, LIMITS, ear.tell, ear.ping)


def read_source(engine: Engine, at: datetime) -> None:
    with transaction(engine) as session:
        days.save(session, Day(at.date(), DayState.OPEN, last_read_at=at))


def test_an_alarm_is_told_once_and_its_end_once(engine: Engine) -> None:
    ear = Ear()
    watching = watch(engine, ear)
    for minute in range(3):
        watching.once(NOW + minute * MINUTE)
    assert ear.raised == ["source.stale"]
    read_source(engine, NOW)
    for minute in range(3, 6):
        watching.once(NOW + minute * MINUTE)
    assert (ear.raised, ear.cleared, ear.pings) == (["source.stale"], ["source.stale"], 6)
    watching.once(NOW + timedelta(hours=9))
    assert ear.raised == ["source.stale"] * 2


def test_several_watchers_tell_once(engine: Engine) -> None:
    ear = Ear()
    for _ in range(4):
        watch(engine, ear).once(NOW)
    assert ear.raised == ["source.stale"]


def test_an_operator_who_was_not_reached_is_told_again(engine: Engine) -> None:
    ear = Ear(hears=False)
    watching = watch(engine, ear)
    watching.once(NOW)
    ear.hears = True
    watching.once(NOW + MINUTE)
    assert ear.raised == ["source.stale"]


def test_what_ended_before_anybody_was_told_is_not_told(engine: Engine) -> None:
    ear = Ear(hears=False)
    watching = watch(engine, ear)
    watching.once(NOW)
    read_source(engine, NOW)
    ear.hears = True
    watching.once(NOW + MINUTE)
    assert ear.raised == ear.cleared == []


def test_alarms_of_others_are_left_to_them(engine: Engine) -> None:
    read_source(engine, NOW)
    with transaction(engine) as session:
        alarms.raise_(session, "mail.policy", "refused by policy", now=NOW)
    ear = Ear()
    watch(engine, ear).once(NOW)
    assert ear.raised == ["mail.policy"]
    with reading(engine) as session:
        assert [one.key for one in alarms.standing(session)] == ["mail.policy"]


def happen(engine: Engine, key: str, at: datetime) -> None:
    with transaction(engine) as session:
        alarms.happened(session, key, "mail is refused by policy", now=at)


def test_an_event_is_told_once_and_is_over_after_a_day_without_it(engine: Engine) -> None:
    ear = Ear()
    for hour in (0, 20, 40):
        at = NOW + timedelta(hours=hour)
        read_source(engine, at)
        happen(engine, POLICY_ALARM, at)
        watch(engine, ear).once(at)
    assert (ear.raised, ear.cleared) == ([POLICY_ALARM], [])
    later = NOW + timedelta(hours=65)
    read_source(engine, later)
    watch(engine, ear).once(later)
    assert (ear.raised, ear.cleared) == ([POLICY_ALARM], [POLICY_ALARM])
    happen(engine, POLICY_ALARM, later)
    watch(engine, ear).once(later + MINUTE)
    assert ear.raised == [POLICY_ALARM] * 2


def test_a_closed_target_is_told_once_and_never_said_to_be_open_by_mere_time(engine: Engine) -> None:
    ear = Ear()
    happen(engine, f"{TARGET}7", NOW)
    for day in range(3):
        at = NOW + timedelta(days=day, minutes=1)
        read_source(engine, at)
        watch(engine, ear).once(at)
    assert (ear.raised, ear.cleared) == ([f"{TARGET}7"], [])
    with reading(engine) as session:
        assert alarms.standing(session) == []


def test_a_store_out_of_reach_is_told_by_another_way_and_stops_the_ping(tmp_path: Path) -> None:
    ear = Ear()
    watching = watch(open_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}"), ear)
    for minute in range(3):
        assert keys(watching.once(NOW + minute * MINUTE)) == [STORE]
    assert (ear.raised, ear.pings) == ([STORE], 0)
    watching.once(NOW + timedelta(hours=7))
    assert ear.raised == [STORE, STORE]


def test_the_store_that_is_back_is_said_so(engine: Engine) -> None:
    ear = Ear()
    watching = watch(engine, ear)
    watching.store_told_at = NOW
    watching.once(NOW + MINUTE)
    assert STORE in ear.cleared
    assert watching.store_told_at is None


# --- reaching the operator -------------------------------------------------------------------

RAISED = [Alarm("source.stale", "the source <was> not read", NOW)]


def operator(settings: OperatorSettings, port: int = 1) -> Operator:
    mail = EmailSettings(sender="Digest <digest@example.org>")
    return Operator(
        settings, mail, lambda: SmtpSender(Server("127.0.0.1", port), "digest@example.org"), lambda: NOW
    )


def test_the_operator_gets_a_mail() -> None:
    with Relay() as relay:
        assert operator(OperatorSettings(email="ops@example.org"), relay.port).tell(RAISED, [])
        (got,) = relay.accepted
    assert got.recipient == "ops@example.org"
    assert b"Subject: [digest] 1 alarm" in got.body


def test_a_mail_server_that_is_down_leaves_slack(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request(
        "/hook", method="POST", json={"text": "Alarm: the source &lt;was&gt; not read"}
    ).respond_with_data("ok")
    settings = OperatorSettings(email="ops@example.org", slack_webhook=SecretStr(httpserver.url_for("/hook")))
    assert operator(settings).tell(RAISED, [])


def test_nobody_reached_is_said_so(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("no", status=404)
    settings = OperatorSettings(email="ops@example.org", slack_webhook=SecretStr(httpserver.url_for("/hook")))
    assert not operator(settings).tell(RAISED, RAISED)
    assert not operator(OperatorSettings(email="no address")).tell(RAISED, [])


def test_without_any_way_the_log_is_enough() -> None:
    assert operator(OperatorSettings()).tell(RAISED, [])


def test_the_ping_goes_out_and_its_failure_is_harmless(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/ping").respond_with_data("ok")
    operator(OperatorSettings(ping_url=SecretStr(httpserver.url_for("/ping")))).ping()
    operator(OperatorSettings(ping_url=SecretStr("http://127.0.0.1:1/"))).ping()
    operator(OperatorSettings()).ping()
    httpserver.check_assertions()
