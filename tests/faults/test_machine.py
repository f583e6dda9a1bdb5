"""Any history of work, deaths, sleep, silence and operators: nothing is lost, no copy is unexcused.

The store and the whole pipeline are real; the counterpart behaves as the history says, and knows the truth.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from digest.channels import Gate, Sender
from digest.delivery import Rules, recover, settle
from digest.model import (
    ChannelName,
    Deferred,
    Delivery,
    DeliveryState,
    Faulty,
    HandOver,
    Message,
    Refused,
    Ruling,
    Sent,
    SubscriberState,
    Unknown,
)
from digest.pipeline import handing
from digest.pipeline.deliver import deliver, sweep
from digest.store import deliveries
from digest.store.database import open_engine, transaction
from digest.store.migrating import upgrade
from tests.faults.outbox import NOW, TERMS, PlainMail, sheets
from tests.store.outbox import all_of, end_leases, plan, set_state, subscribe

State = DeliveryState
EMAIL = ChannelName.EMAIL
HELD = {State.CLAIMED, State.HANDING_OVER}
GATE = 2

ACTIONS = (
    "taken",
    "taken, silence",
    "silence",
    "later",
    "no",
    "not from you",
    "dies before the gate",
    "dies behind the gate",
    "dies with it taken",
    "sleeps before the gate",
    "sleeps behind the gate",
    "taken, the store away past the lease",
    "leaves before the gate",
    "operators before the gate",
)
"""What happens to one message. Nothing is drawn as often as success, or no history would get anywhere."""
CHOSEN = st.lists(st.sampled_from(("taken",) * 5 + ACTIONS), min_size=1, max_size=8)

DEATHS = st.sampled_from((0,) * 18 + tuple(range(2, 20)))
"""Half the workers live; the others die before (even) or after (odd) one of their COMMITs."""


class Killed(BaseException):
    """The process ends here, as by SIGKILL."""


@cache
def template() -> bytes:
    """A migrated store."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.sqlite3"
        engine = open_engine(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()


class Mail(PlainMail):
    """A mail channel whose counterpart is the history."""

    def __init__(self, history: History, actions: Sequence[str]) -> None:
        super().__init__(port=1)
        self.history, self.actions = history, deque(actions)

    def open(self) -> Sender:
        return Way(self.history, self.actions)


class Way:
    """A sender that does to each message what the history says."""

    def __init__(self, history: History, actions: deque[str]) -> None:
        self.history, self.actions = history, actions

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def hand_over(self, messages: Sequence[Message], gate: Gate) -> Iterator[tuple[int, HandOver]]:
        waiting = deque(messages)
        while waiting:
            batch = [waiting.popleft() for _ in range(min(GATE, len(waiting)))]
            planned = {one.delivery_id: self.actions.popleft() if self.actions else "taken" for one in batch}
            for number, action in planned.items():
                self.history.before_the_gate(action, number)
            passed = set(gate([one.delivery_id for one in batch]))
            ours = deque(one for one in batch if one.delivery_id in passed)
            while ours:
                outcome = self.history.behind_the_gate(planned[ours[0].delivery_id], ours[0])
                yield ours.popleft().delivery_id, outcome
                if isinstance(outcome, Faulty):
                    return
                if self.history.slept:  # whoever slept passes the gate again
                    break
            waiting.extendleft(reversed(ours))
            self.history.slept = False


class History(RuleBasedStateMachine):
    """Deliveries, workers, and what truly arrived."""

    @initialize(count=st.integers(1, 4), waits=st.booleans())
    def begin(self, count: int, waits: bool) -> None:
        """Outcomes are recorded in portions or each at once, not by the clock: histories can be repeated."""
        handing.FLUSH_SECONDS = 3600.0 if waits else -1.0
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "store.sqlite3"
        path.write_bytes(template())
        self.engine = open_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        event.listen(self.engine, "before_cursor_execute", self._before)
        event.listen(self.engine, "after_cursor_execute", self._after)
        self.now, self.slots = NOW, 0
        self.arrived: dict[int, list[bytes]] = defaultdict(list)
        self.excuses: Counter[int] = Counter()
        self.open: set[int] = set()
        self.may_be_refused: set[int] = set()
        self.closed: set[int] = set()
        self.gone: set[int] = set()
        self.identities: dict[int, tuple[object, ...]] = {}
        self.dead, self.slept, self.commits, self.dies_at = False, False, 0, 0.0
        self.numbers = subscribe(self.engine, count)
        plan(self.engine, self.numbers)
        self.owners: dict[int, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            try:
                self._end_well()
            finally:
                self.engine.dispose()
                self.folder.cleanup()

    # --- what happens ---------------------------------------------------------------------

    @rule(actions=CHOSEN, batch=st.sampled_from([1, 3, 100]), dies_at=DEATHS)
    def work(self, actions: list[str], batch: int, dies_at: int) -> None:
        self._run(actions, batch, dies_at / 2)

    @rule(actions=CHOSEN)
    def work_to_the_end(self, actions: list[str]) -> None:
        """Drawn as often as anything else: without work nothing happens."""
        self._run(actions, 100)

    @rule(minutes=st.sampled_from([1, 20, 70]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def leases_end(self) -> None:
        """And somebody takes back what was claimed."""
        end_leases(self.engine)
        sweep(self.engine, {EMAIL: PlainMail(1)}, TERMS, now=self.now)

    @rule()
    def a_new_day(self) -> None:
        """As prepare does it: what waits is merged into the newer digest."""
        self.slots += 1
        numbers = [number for number in self.numbers if number not in self.gone]
        with transaction(self.engine) as session:
            deliveries.merge(session, numbers, now=self.now)
        plan(self.engine, numbers, slot=NOW.date() + timedelta(days=self.slots), now=self.now)

    @rule(choice=st.integers(0, 99), word=st.sampled_from(["retry", "arrived", "never"]))
    def an_operator_decides(self, choice: int, word: str) -> None:
        rows = all_of(self.engine)
        self._operate(rows[choice % len(rows)].id, word)

    @rule(choice=st.integers(0, 99))
    def somebody_leaves(self, choice: int) -> None:
        self._leave(self.numbers[choice % len(self.numbers)])

    def _operate(self, number: int, word: str) -> None:
        waiting = [State.REFUSED, State.UNKNOWN, State.POISON]
        with self._somebody_else(), transaction(self.engine) as session:
            if word == "retry":
                if deliveries.put_back(session, [number], waiting, now=self.now):
                    self.excuses[number] += len(self.arrived[number]) > 0
                    self.closed.discard(number)
            elif deliveries.close(
                session, [number], State.SENT if word == "arrived" else State.REFUSED, now=self.now
            ):
                self.closed.add(number)

    def _owner(self, number: int) -> int:
        if number not in self.owners:
            self.owners = {one.id: one.subscriber_id for one in all_of(self.engine)}
        return self.owners[number]

    def _leave(self, subscriber: int) -> None:
        with self._somebody_else():
            set_state(self.engine, subscriber, SubscriberState.UNSUBSCRIBED)
        self.gone.add(subscriber)

    @contextmanager
    def _somebody_else(self) -> Iterator[None]:
        """Another process than the worker's, which does not die with it."""
        kept = self.commits, self.dies_at
        self.dies_at = 0.0
        yield
        self.commits, self.dies_at = kept

    # --- a worker --------------------------------------------------------------------------

    def _run(self, actions: Sequence[str], batch: int, dies_at: float = 0.0) -> None:
        self.commits, self.dies_at = 0, dies_at
        channel, terms = Mail(self, actions), replace(TERMS, batch=batch)
        try:
            deliver(self.engine, {EMAIL: channel}, sheets, terms, clock=lambda: self.now)
        except Killed:
            self._excuse_unrecorded()
        self.open = set()
        self.dead, self.slept, self.dies_at = False, False, 0.0

    def _excuse_unrecorded(self) -> None:
        """What arrived and could not be recorded may come once more."""
        self.dead, self.dies_at = False, 0.0
        self.excuses.update(
            one.id for one in all_of(self.engine) if one.id in self.open and one.state is not State.SENT
        )

    def _die(self) -> None:
        self.dead = True
        raise Killed

    def _before(self, connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("BEGIN") and self.dead:
            raise Killed
        if statement == "COMMIT":
            self.commits += 1
            if self.dies_at == self.commits:
                raw: Any = connection.connection.driver_connection
                raw.execute("ROLLBACK")  # as the database does for the dead
                self._die()

    def _after(self, _connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement == "COMMIT" and self.dies_at == self.commits + 0.5:
            self._die()

    def before_the_gate(self, action: str, number: int) -> None:
        match action:
            case "dies before the gate":
                self._die()
            case "sleeps before the gate":
                self._sleep()
            case "leaves before the gate":
                self._leave(self._owner(number))
            case "operators before the gate":
                for word in ("retry", "arrived", "never"):
                    self._operate(number, word)

    def behind_the_gate(self, action: str, message: Message) -> HandOver:
        """The point of no return, and the answer."""
        number = message.delivery_id
        assert self._owner(number) not in self.gone, "the gate let somebody through who had left"
        match action:
            case "silence":
                return Unknown("no answer")
            case "later":
                self.may_be_refused.add(number)  # after a day of it
                return Deferred("busy", "451")
            case "no":
                self.may_be_refused.add(number)
                return Refused("full", "552")
            case "not from you":
                return Faulty("550 who are you")
            case "dies behind the gate":
                self._die()
            case "sleeps behind the gate":  # nothing can close this window: the copy is excused
                self.excuses[number] += 1
                self._sleep()
        self.arrived[number].append(message.body)
        self.open.add(number)
        match action:
            case "taken, silence":
                self.excuses[number] += 1
                return Unknown("no answer")
            case "dies with it taken":
                self._die()
            case "taken, the store away past the lease":
                end_leases(self.engine)
                sweep(self.engine, {EMAIL: PlainMail(1)}, TERMS, now=self.now)
                self.slept = True
        return Sent("queued")

    def _sleep(self) -> None:
        """Past the lease; another worker does all the work meanwhile."""
        kept = self.open, self.commits, self.dies_at
        self._excuse_unrecorded()
        end_leases(self.engine)
        self.now += timedelta(minutes=1)
        self._run([], 100)
        self.now += timedelta(minutes=1)
        self._run([], 100)
        self.open, self.commits, self.dies_at = kept
        self.slept = True

    # --- what must be true -----------------------------------------------------------------

    @invariant()
    def the_promises_hold(self) -> None:
        if hasattr(self, "engine"):
            for one in all_of(self.engine):
                self._judge(one, self.arrived[one.id])

    def _judge(self, one: Delivery, arrived: Sequence[bytes]) -> None:
        assert len(set(arrived)) <= 1, f"copies that differ: {one}"
        assert len(arrived) <= 1 + self.excuses[one.id], f"{len(arrived)} copies, unexcused: {one}"
        if one.state in {State.PLANNED, State.MERGED} or (one.state is State.DEFERRED and not one.unanswered):
            assert not arrived, f"it has arrived: {one}"
        if one.state is State.SENT and one.id not in self.closed:
            assert arrived, f"lost: {one}"
        assert (one.lease_until is not None) == (one.state in HELD), one
        assert not (one.next_attempt_at and one.lease_until), one
        if one.message_id:
            identity = (one.message_id, one.message_date, one.template)
            assert self.identities.setdefault(one.id, identity) == identity, one

    def _end_well(self) -> None:
        """All is well again, and enough time passes: whatever was not settled is settled, and stays so."""
        for _ in range(6):
            settled = not any(one.next_attempt_at or one.lease_until for one in all_of(self.engine))
            end_leases(self.engine)
            self._run([], 100)
            self.the_promises_hold()
            self.now += timedelta(hours=2)
            if settled:  # and the round that followed changed nothing
                break
        for one in all_of(self.engine):
            assert one.state in self._ends(one), f"not settled as it should be: {one}"

    def _ends(self, one: Delivery) -> Collection[DeliveryState]:
        if one.id in self.closed:
            return {State.SENT, State.REFUSED}
        found = {State.SENT, State.MERGED}
        if one.subscriber_id in self.gone or one.id in self.may_be_refused:
            found.add(State.REFUSED)
        if one.unanswered > 1:
            found.add(State.UNKNOWN)
        if one.kills >= TERMS.max_kills:
            found.add(State.POISON)
        return found


SHORT = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
"""The same histories in every run: what happens by chance is for the long form."""
LONG = settings(SHORT, max_examples=50, stateful_step_count=25, derandomize=False)
LONG_SECONDS = 480.0
TWIN = settings(SHORT, max_examples=300, phases=[Phase.generate], report_multiple_bugs=False)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(handing, "FLUSH_SECONDS", handing.FLUSH_SECONDS)  # each history sets its own


@pytest.mark.timeout(1200)
def test_no_history_loses_anything_or_makes_a_copy_without_excuse(soak: bool) -> None:
    until, portions = time.monotonic() + (LONG_SECONDS if soak else 0.0), 0
    while not portions or time.monotonic() < until:
        run_state_machine_as_test(History, settings=LONG if soak else SHORT)
        portions += 1
    print(f"{portions * (LONG if soak else SHORT).max_examples} histories")


def _everything_passes(_session: Session, _token: str, ids: Collection[int], *, lease: timedelta) -> set[int]:
    return set(ids)


def _died_before(one: Delivery, rules: Rules, now: datetime) -> Ruling:
    return recover(replace(one, state=State.CLAIMED), rules, now)


def _silence_is_a_no(one: Delivery, outcome: HandOver, rules: Rules, now: datetime) -> Ruling:
    return settle(one, Deferred("no answer") if isinstance(outcome, Unknown) else outcome, rules, now)


@pytest.mark.parametrize(
    ("where", "twin"),
    [
        ("digest.store.claims.gate", _everything_passes),
        pytest.param("digest.pipeline.deliver.recover", _died_before, marks=pytest.mark.slow),
        pytest.param("digest.pipeline.handing.settle", _silence_is_a_no, marks=pytest.mark.slow),
    ],
    ids=["a gate that lets everything pass", "a death that is always early", "silence taken for a no"],
)
def test_the_machine_sees_a_twin(
    monkeypatch: pytest.MonkeyPatch, where: str, twin: Callable[..., Any]
) -> None:
    monkeypatch.setattr(where, twin)
    with pytest.raises(AssertionError, match=r"copies|arrived|gate|settled"):
        run_state_machine_as_test(History, settings=TWIN)
