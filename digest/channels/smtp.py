"""Hands mails over by SMTP: many on one connection, one round trip each where the server pipelines.

Why not smtplib: its exceptions cannot tell a cut before the final dot (nothing was accepted) from
one after it (nobody knows), an error answer to QUIT looks like a failed delivery, and its time-outs
hold for a byte, not for a phase. Here the phase decides: before the dot, trying again is safe;
after it, silence is *unknown*; what QUIT answers changes nothing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from digest.channels import Gate
from digest.channels.smtp_answers import Phase, judge, systemic
from digest.channels.smtp_mail import content, envelope, unsuitable
from digest.channels.smtp_session import NoSession, Relay, Session, open_session
from digest.channels.smtp_wire import Reply, WireError
from digest.model import Deferred, Faulty, HandOver, Message, Sent, Unknown

GATE_SIZE = 50
"""So many mails pass the point of no return on one commit: a kill in between leaves all of them in doubt."""
FRESH_SECONDS = 30.0
"""How long a passed gate holds. Whoever was stopped for longer must pass it again."""
MOST_SUSPICIONS = 3
"""So many refusals of our policy, or failures before the dot, in a row are no chance: the circuit opens."""

PHASES: tuple[Phase, ...] = ("MAIL", "RCPT", "DATA")
"""The lines of an envelope."""

Told = tuple[int, HandOver]


class SmtpSender:
    """A way to a mail server. Connects when the first message comes; reconnects when it must."""

    def __init__(
        self,
        relay: Relay,
        envelope_from: str,
        *,
        gate_size: int = GATE_SIZE,
        fresh_seconds: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._relay = relay
        self._envelope_from = envelope_from
        self._gate_size = gate_size
        self._fresh_seconds = fresh_seconds
        self._clock = clock
        self._session: Session | None = None
        self._suspicions = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            self._session.close()
            self._session = None

    def hand_over(self, messages: Sequence[Message], gate: Gate) -> Iterator[Told]:
        waiting = deque(messages)
        while waiting:
            try:
                session = self._ready()
            except NoSession as error:
                yield waiting[0].delivery_id, error.outcome
                return
            refused, batch = self._next(session, waiting)
            yield from refused
            asked_at = self._clock()  # before the gate: its lease runs from then on, however long it takes
            passed = set(gate([message.delivery_id for message in batch])) if batch else set()
            ours = deque(message for message in batch if message.delivery_id in passed)
            for number, outcome in self._series(session, ours, asked_at + self._fresh_seconds):
                yield number, outcome
                if isinstance(outcome, Faulty):
                    return
            waiting.extendleft(reversed(ours))  # what this connection did not come to

    def greet(self) -> str:
        """Connect, encrypt, log in, say goodbye; return what is wrong, or nothing. Sends no mail."""
        try:
            open_session(self._relay).close()
        except NoSession as error:
            return error.outcome.reason
        return ""

    def _ready(self) -> Session:
        """The open session, or a new one. Raises ``NoSession``."""
        if self._session and self._session.used >= self._relay.messages_per_connection:
            self._session.close()
            self._session = None
        if self._session is None:
            self._session = open_session(self._relay)
        return self._session

    def _drop(self) -> None:
        """Hang up without a word: what had no final dot was not sent."""
        if self._session:
            self._session.wire.close()
            self._session = None

    def _next(self, session: Session, waiting: deque[Message]) -> tuple[list[Told], list[Message]]:
        """The messages that pass the gate together, and those this server cannot take."""
        refused: list[Told] = []
        batch: list[Message] = []
        while waiting and len(batch) < self._gate_size:
            message = waiting.popleft()
            no = unsuitable(message, session)
            if no:
                refused.append((message.delivery_id, no))
            else:
                batch.append(message)
        return refused, batch

    def _series(self, session: Session, ours: deque[Message], stale_at: float) -> Iterator[Told]:
        """Hand over on one connection until it ends, the gate grows stale, or none is left."""
        try:
            while ours and session is self._session and session.used < self._relay.messages_per_connection:
                if self._clock() > stale_at:
                    return
                outcome = self._one(session, ours, stale_at + self._relay.command_seconds)
                if outcome is None:
                    return
                yield ours.popleft().delivery_id, outcome
        finally:
            if session.offered and session is self._session:
                self._drop()

    def _one(self, session: Session, ours: deque[Message], too_late_at: float) -> HandOver | None:
        """Hand over the first message.

        ``None`` when an old connection ended before the dot: the message is tried on a new one.
        """
        try:
            phase, refusal = self._offer(session, ours[0])
            if refusal is not None:
                return self._suspect(phase, refusal)
            ending = b".\r\n" + self._next_envelope(session, ours)
            rest = self._send_content(session, content(ours[0].body), ending, too_late_at)
        except WireError as error:
            return self._cut(session, error)
        return self._point_of_no_return(session, rest)

    def _send_content(self, session: Session, body: bytes, ending: bytes, too_late_at: float) -> bytes:
        """Look, and send all in one breath; what is left of ``ending`` (the final dot) is returned.

        A connection that has to be waited for gets the body first, and is looked at again before the
        dot. Raises ``WireError`` when the dot must not follow, or cannot.
        """
        self._last_look(session, too_late_at)
        taken = session.wire.take(body, ending)
        if taken < len(body):
            session.wire.send(memoryview(body)[taken:], self._relay.command_seconds)
            self._last_look(session, too_late_at)
        return ending[max(taken - len(body), 0) :]

    def _last_look(self, session: Session, too_late_at: float) -> None:
        if session.wire.interrupted():
            raise WireError("the server interrupted the message")
        if self._clock() > too_late_at:  # stopped, or slowed down, since the gate: it may be another's by now
            raise WireError("too long since the gate")

    def _next_envelope(self, session: Session, ours: deque[Message]) -> bytes:
        """The next message's envelope, where it may travel with this one's dot."""
        last = session.used + 1 >= self._relay.messages_per_connection
        if last or len(ours) < 2 or not session.pipelining:
            return b""
        session.offered = True
        return b"".join(envelope(ours[1], self._envelope_from, session))

    def _offer(self, session: Session, message: Message) -> tuple[Phase, HandOver | None]:
        """Ask for leave to send: sender, recipient, DATA. Raises ``WireError``."""
        wire, seconds = session.wire, self._relay.command_seconds
        if session.pipelining:
            if not session.offered:
                wire.send(b"".join(envelope(message, self._envelope_from, session)), seconds)
            session.offered = False
            replies = [wire.reply(seconds) for _ in PHASES]
        else:
            replies = []
            for line in envelope(message, self._envelope_from, session):
                wire.send(line, seconds)
                replies.append(wire.reply(seconds))
                if replies[-1].kind not in {2, 3}:
                    break
        return self._leave(session, replies)

    def _leave(self, session: Session, replies: Sequence[Reply]) -> tuple[Phase, HandOver | None]:
        """What the answers to an envelope say; a refused one is taken back, so that the next may come."""
        for phase, reply in zip(PHASES, replies, strict=False):
            if reply.code == 421:
                raise WireError(f"the server ends the session: {reply}")
            refusal = judge(phase, reply)
            if refusal is not None:
                self._take_back(session, replies)
                return phase, refusal
        return "DATA", None

    def _take_back(self, session: Session, replies: Sequence[Reply]) -> None:
        if len(replies) == 3 and replies[2].kind == 3:  # pipelined: the server waits for content all the same
            self._drop()  # an empty message might be delivered; a hang-up is not
            return
        try:
            session.wire.send(b"RSET\r\n", self._relay.command_seconds)
            session.wire.reply(self._relay.command_seconds)
        except WireError:
            self._drop()  # the refusal stands all the same

    def _point_of_no_return(self, session: Session, rest: bytes) -> HandOver:
        """What is left of the final dot, and its answer."""
        session.used += 1
        try:
            session.wire.send(rest, self._relay.command_seconds)
            reply = session.wire.reply(self._relay.final_dot_seconds)
        except WireError as error:
            self._drop()
            return Unknown(f"no answer to the final dot: {error}")
        if reply.code == 421:
            self._drop()
        refusal = judge("dot", reply)
        if refusal is not None:
            return self._suspect("dot", refusal)
        self._suspicions = 0
        return Sent(reply.text[:120])

    def _cut(self, session: Session, error: WireError) -> HandOver | None:
        """A connection that ended before the dot: nothing was accepted, trying again is safe."""
        self._drop()
        if session.used:
            return None
        return self._suspect("DATA", Deferred(str(error), "cut"))

    def _suspect(self, phase: Phase, outcome: HandOver) -> HandOver:
        """Refusals that may be about us: the first few are put off, then it is our fault."""
        if not systemic(phase, outcome):
            return outcome
        assert isinstance(outcome, Deferred | Faulty)  # noqa: S101  what systemic() says, for the type checker
        self._suspicions += 1
        if phase == "MAIL" and isinstance(outcome, Faulty):
            return outcome
        if self._suspicions >= MOST_SUSPICIONS:
            return Faulty(outcome.reason, outcome.code)
        return Deferred(outcome.reason, outcome.code)
