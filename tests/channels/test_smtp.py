"""SMTP by phase, over real sockets: what the exception cannot tell, the phase tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from digest.channels.smtp import FRESH_SECONDS, SmtpSender
from digest.channels.smtp_session import Relay as Server
from digest.model import Deferred, Faulty, HandOver, Message, Refused, Sent, Unknown
from tests.faults.relay import CUT, STALL, Fault, Relay

SENDER = "digest@example.net"
BODY = b"Subject: papers\r\n\r\n.starts with a dot\r\nends here\r\n"
PLAIN = ("8BITMIME",)
QUICK = {"connect_seconds": 20.0, "command_seconds": 20.0, "final_dot_seconds": 20.0}


def message(number: int, address: str = "", body: bytes = BODY) -> Message:
    return Message(number, address or f"reader{number}@example.org", body, f"<{number}@example.net>")


def all_pass(ids: Sequence[int]) -> Collection[int]:
    return ids


def server_at(relay: Relay, **changes: object) -> Server:
    return replace(Server("127.0.0.1", relay.port, **QUICK), **changes)  # type: ignore[arg-type]


def send(relay: Relay, messages: Sequence[Message], **changes: object) -> dict[int, HandOver]:
    with SmtpSender(server_at(relay, **changes), SENDER) as sender:
        return dict(sender.hand_over(messages, all_pass))


def at(phase: str, reply: str, *, times: int = 1, recipient: str = "") -> Fault:
    """A fault at a phase, so many times, for one recipient or all."""
    left = [times]

    def fault(now: str, argument: str) -> str | None:
        if now == phase and recipient in argument and left[0] > 0:
            left[0] -= 1
            return reply
        return None

    return fault


both = pytest.mark.parametrize("abilities", [("PIPELINING", "8BITMIME"), PLAIN], ids=["pipelined", "in turn"])


@both
def test_many_messages_go_over_one_connection_unchanged(abilities: tuple[str, ...]) -> None:
    with Relay(abilities=abilities) as relay:
        outcomes = send(relay, [message(number) for number in range(50)])
        assert all(isinstance(one, Sent) for one in outcomes.values())
        assert relay.connections == 1
        assert [one.recipient for one in relay.accepted] == [f"reader{n}@example.org" for n in range(50)]
        assert {one.body for one in relay.accepted} == {BODY}
        assert {one.sender for one in relay.accepted} == {SENDER}


def test_the_servers_word_for_a_message_is_kept() -> None:
    with Relay() as relay:
        assert send(relay, [message(1)]) == {1: Sent("2.0.0 Ok: queued as ABC123")}


def test_bare_line_ends_and_a_missing_last_one_are_mended() -> None:
    with Relay() as relay:
        send(relay, [message(1, body=b".a\nb\rc")])
        assert relay.accepted[0].body == b".a\r\nb\r\nc\r\n"


def test_each_message_returns_to_its_own_bounce_address() -> None:
    with Relay() as relay:
        send(relay, [replace(message(1), bounce_address="b.1.abc@example.net")])
        assert relay.accepted[0].sender == "b.1.abc@example.net"


@both
@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "content"])
def test_a_cut_before_the_dot_is_tried_again_and_makes_no_copy(
    phase: str, abilities: tuple[str, ...]
) -> None:
    second = at(phase, CUT, recipient="" if phase == "MAIL" else "reader2")
    left = [1 if phase == "MAIL" else 0]

    def fault(now: str, argument: str) -> str | None:
        if left[0] and now == "MAIL":  # the first message's envelope goes through
            left[0] -= 1
            return None
        return second(now, argument)

    with Relay(fault, abilities=abilities) as relay:
        outcomes = send(relay, [message(number) for number in (1, 2, 3)])
        assert {number: type(one) for number, one in outcomes.items()} in (
            {1: Sent, 2: Sent, 3: Sent},
            {1: Sent, 2: Unknown, 3: Sent},  # the kernel took the dot before the cut was seen
        )
        assert relay.connections == 2
        copies = [one.recipient for one in relay.accepted]
        assert len(copies) == len(set(copies))


def test_a_mail_that_the_line_takes_in_portions_has_no_dot_before_its_last() -> None:
    """Cut in the middle of it: that it was not accepted is certain, so it goes again by itself."""
    large = message(2, body=b"x" * 998 + b"\r\n" + (b"y" * 98 + b"\r\n") * 320_000)
    with Relay(at("content", CUT, recipient="reader2")) as relay:
        outcomes = send(relay, [message(1), large, message(3)])
        assert {type(one) for one in outcomes.values()} == {Sent}
        assert relay.connections == 2
        assert [len(one.body) for one in relay.accepted] == [len(BODY), len(large.body), len(BODY)]


@both
def test_a_cut_after_the_dot_is_unknown_and_the_next_goes_on(abilities: tuple[str, ...]) -> None:
    with Relay(at("dot:after", CUT, recipient="reader1"), abilities=abilities) as relay:
        outcomes = send(relay, [message(1), message(2)])
        assert isinstance(outcomes[1], Unknown)
        assert isinstance(outcomes[2], Sent)
        assert len(relay.bodies("reader1@example.org")) == 1


def test_silence_after_the_dot_is_unknown() -> None:
    with Relay(at("dot:after", STALL)) as relay:
        assert isinstance(send(relay, [message(1)], final_dot_seconds=0.2)[1], Unknown)


def test_a_server_that_drips_cannot_hold_a_phase_past_its_limit() -> None:
    with Relay(at("dot:after", "250-" + "x" * 200_000)) as relay:
        assert isinstance(send(relay, [message(1)])[1], Unknown)


@pytest.mark.parametrize("reply", ["421 4.3.2 going down", "500 5.0.0 no", CUT, STALL])
def test_a_failing_quit_changes_nothing(reply: str) -> None:
    with Relay(at("QUIT", reply)) as relay:
        assert isinstance(send(relay, [message(1)])[1], Sent)
        assert len(relay.accepted) == 1


@both
def test_an_end_of_session_in_the_middle_loses_nothing(abilities: tuple[str, ...]) -> None:
    seen = [0]

    def fault(phase: str, _argument: str) -> str | None:
        seen[0] += phase == "MAIL"
        return "421 4.7.0 too many messages" if phase == "MAIL" and seen[0] % 4 == 0 else None

    with Relay(fault, abilities=abilities) as relay:
        outcomes = send(relay, [message(number) for number in range(10)])
        assert all(isinstance(one, Sent) for one in outcomes.values())
        assert len(relay.accepted) == 10
        assert relay.connections == 4


def test_our_own_limit_of_messages_per_connection_is_kept() -> None:
    with Relay() as relay:
        outcomes = send(relay, [message(number) for number in range(10)], messages_per_connection=4)
        assert all(isinstance(one, Sent) for one in outcomes.values())
        assert relay.connections == 3


@both
@pytest.mark.parametrize("phase", ["RCPT", "DATA", "dot"])
def test_not_now_is_put_off_and_the_next_goes_on(phase: str, abilities: tuple[str, ...]) -> None:
    with Relay(at(phase, "451 4.7.1 greylisted", recipient="reader1"), abilities=abilities) as relay:
        outcomes = send(relay, [message(1), message(2)])
        assert outcomes[1] == Deferred(f"{phase}: 451 4.7.1 greylisted", "4.7.1")
        assert isinstance(outcomes[2], Sent)


@both
@pytest.mark.parametrize(
    ("reply", "suspend"),
    [
        ("550 5.1.1 no such user", True),
        ("550 5.2.1 mailbox disabled", True),
        ("550 no such user here", True),
        ("552 5.2.2 mailbox full", False),
        ("550 5.4.4 host not found", False),
    ],
)
def test_a_refused_recipient_is_that_subscribers(
    reply: str, suspend: bool, abilities: tuple[str, ...]
) -> None:
    with Relay(at("RCPT", reply, recipient="reader2"), abilities=abilities) as relay:
        outcomes = send(relay, [message(number) for number in (1, 2, 3)])
        assert isinstance(outcomes[2], Refused)
        assert outcomes[2].suspend is suspend
        assert isinstance(outcomes[1], Sent)
        assert isinstance(outcomes[3], Sent)
        assert relay.connections == 1


def test_a_lenient_server_gets_no_empty_message() -> None:
    def fault(phase: str, argument: str) -> str | None:
        if phase == "RCPT" and "reader1" in argument:
            return "550 5.1.1 no such user"
        return "yes" if phase == "lenient" else None

    with Relay(fault) as relay:
        outcomes = send(relay, [message(1), message(2)])
        assert isinstance(outcomes[1], Refused)
        assert isinstance(outcomes[2], Sent)
        assert [one.recipient for one in relay.accepted] == ["reader2@example.org"]


@pytest.mark.parametrize(
    "fault",
    [
        at("greeting", "554 5.7.1 go away"),
        at("EHLO", "421 4.7.0 busy"),
        at("MAIL", "550 5.1.8 bad sender"),
        at("greeting", CUT),
    ],
    ids=["greeting", "EHLO", "MAIL", "cut"],
)
def test_a_refusal_of_us_is_nobody_elses_fault(fault: Fault) -> None:
    with Relay(fault) as relay:
        outcomes = send(relay, [message(1), message(2)])
        assert list(outcomes) == [1]
        assert isinstance(outcomes[1], Faulty)
        assert relay.accepted == []


def test_a_server_that_is_not_there_is_nobodys_fault() -> None:
    with Relay() as relay:
        port = relay.port
    with SmtpSender(Server("127.0.0.1", port), SENDER) as sender:
        ((number, outcome),) = sender.hand_over([message(1), message(2)], all_pass)
    assert number == 1
    assert isinstance(outcome, Faulty)
    assert "refused" in outcome.reason


@both
@pytest.mark.parametrize("phase", ["RCPT", "dot"])
def test_one_refusal_by_policy_may_be_chance_but_three_are_ours(
    phase: str, abilities: tuple[str, ...]
) -> None:
    with Relay(at(phase, "550 5.7.1 access denied", times=99), abilities=abilities) as relay:
        outcomes = send(relay, [message(number) for number in range(1, 6)])
        assert [type(one) for one in outcomes.values()] == [Deferred, Deferred, Faulty]


def test_a_success_in_between_clears_the_suspicion() -> None:
    def fault(phase: str, argument: str) -> str | None:
        return "550 5.7.1 denied" if phase == "RCPT" and "odd" in argument else None

    messages = [message(n, f"{'odd' if n % 2 else 'even'}{n}@example.org") for n in range(12)]
    with Relay(fault) as relay:
        outcomes = send(relay, messages)
        assert {type(one) for one in outcomes.values()} == {Deferred, Sent}
        assert len(outcomes) == 12


def test_failures_before_the_dot_on_every_connection_open_the_circuit() -> None:
    with Relay(at("DATA", CUT, times=99)) as relay:
        outcomes = send(relay, [message(number) for number in range(9)])
        assert [type(one) for one in outcomes.values()] == [Deferred, Deferred, Faulty]
        assert relay.accepted == []


@both
def test_what_the_gate_keeps_back_is_not_sent(abilities: tuple[str, ...]) -> None:
    with Relay(abilities=abilities) as relay, SmtpSender(server_at(relay), SENDER) as sender:
        outcomes = dict(sender.hand_over([message(n) for n in range(6)], lambda ids: set(ids) - {2, 5}))
        assert sorted(outcomes) == [0, 1, 3, 4]
        assert len(relay.accepted) == 4


def test_a_worker_stopped_behind_the_gate_passes_it_again() -> None:
    """The clock jumps between the gate and the first message, as after SIGSTOP; the fence is gone."""
    moments = iter([0.0, FRESH_SECONDS + 1])
    passes: list[list[int]] = []

    def gate(ids: Sequence[int]) -> Collection[int]:
        passes.append(list(ids))
        return ids if len(passes) == 1 else ()

    with Relay() as relay, SmtpSender(server_at(relay), SENDER, clock=lambda: next(moments, 999.0)) as sender:
        assert dict(sender.hand_over([message(1), message(2)], gate)) == {}
        assert passes == [[1, 2], [1, 2]]
        assert relay.accepted == []


def test_a_worker_stopped_just_before_the_dot_does_not_send_it() -> None:
    moments = iter([0.0, 1.0, 10_000.0, 10_000.0])
    with Relay() as relay, SmtpSender(server_at(relay), SENDER, clock=lambda: next(moments, 1e6)) as sender:
        outcomes = dict(sender.hand_over([message(1)], all_pass))
        assert isinstance(outcomes[1], Deferred)
        assert relay.accepted == []


def test_whoever_stops_listening_sends_no_more() -> None:
    with Relay() as relay, SmtpSender(server_at(relay), SENDER) as sender:
        outcomes = sender.hand_over([message(n) for n in range(9)], all_pass)
        next(outcomes)
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]  # a generator behind the protocol's Iterator
        assert len(relay.accepted) == 2
        assert dict(sender.hand_over([message(20)], all_pass)).keys() == {20}
        assert len(relay.accepted) == 3


def test_what_a_server_cannot_take_is_refused_without_blame() -> None:
    limits = ("SIZE 2000",)
    with Relay(abilities=limits) as relay:
        outcomes = send(
            relay,
            [
                message(1, body=b"x" * 2001),
                message(2, "jörg@example.org"),
                message(3, body="ä".encode()),
                message(4, "a b@example.org"),
                message(5, "ada@bücher.example"),
            ],
        )
        assert {n: one.suspend for n, one in outcomes.items() if isinstance(one, Refused)} == {
            1: False,
            2: False,
            3: False,
            4: True,
        }
        assert relay.accepted[0].recipient == "ada@xn--bcher-kva.example"


def test_addresses_outside_ascii_reach_a_server_that_takes_them() -> None:
    with Relay(abilities=("PIPELINING", "SMTPUTF8", "8BITMIME")) as relay:
        outcomes = send(relay, [message(1, "jörg@example.org", "hä\r\n".encode())])
        assert isinstance(outcomes[1], Sent)
        assert any("SMTPUTF8" in line and "BODY=8BITMIME" in line for line in relay.lines)


def test_a_greeting_tries_the_way_and_sends_nothing() -> None:
    with Relay() as relay:
        assert SmtpSender(server_at(relay), SENDER).greet() == ""
        assert "STARTTLS" in SmtpSender(server_at(relay, security="starttls"), SENDER).greet()
        port = relay.port
        assert relay.accepted == []
    assert "refused" in SmtpSender(Server("127.0.0.1", port), SENDER).greet()
