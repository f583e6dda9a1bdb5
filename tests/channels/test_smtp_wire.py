"""Replies as they come off the wire: what is one, what is none, and what comes in time."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from digest.channels.smtp_session import Relay, Session
from digest.channels.smtp_wire import Reply, Wire, WireError

Ends = tuple[Wire, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Our end of a connection, and the server's."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as ours,
        listening.accept()[0] as theirs,
    ):
        yield Wire(ours), theirs


def test_a_reply_of_many_lines_is_one(ends: Ends) -> None:
    wire, server = ends
    server.sendall(b"250-relay.test\r\n250 SIZE 1000\r\n")
    assert wire.reply(60) == Reply(250, "relay.test\nSIZE 1000")


@pytest.mark.parametrize("line", ["²²² ok", "٢٢٠ ready", "22", "2x0 ok", "220:ok", "SSH-2.0", ""])
def test_what_does_not_begin_with_three_digits_is_no_smtp(ends: Ends, line: str) -> None:
    wire, server = ends
    server.sendall(f"{line}\r\n".encode())
    with pytest.raises(WireError, match="does not speak SMTP"):
        wire.reply(60)


def test_silence_is_no_answer_in_time(ends: Ends) -> None:
    wire, _ = ends
    with pytest.raises(WireError, match="no answer in time"):
        wire.reply(0.01)


def test_an_answer_that_lies_there_counts_however_late_one_looks(ends: Ends) -> None:
    """As for a process that was stopped between its question and its look."""
    wire, server = ends
    server.sendall(b"250 2.0.0 queued\r\n")
    assert wire._readable.poll(60_000)  # it has come
    assert wire.reply(-1.0) == Reply(250, "2.0.0 queued")


@pytest.mark.parametrize(
    ("told", "largest"),
    [("1000", 1000), ("0", None), ("", None), ("²", None), ("٣", None), ("9" * 5000, None)],
)
def test_only_a_number_limits_the_size(ends: Ends, told: str, largest: int | None) -> None:
    assert Session(Relay("127.0.0.1"), ends[0], {"SIZE": told}).largest == largest
