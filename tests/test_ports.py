"""A port that is held is for the one who is told its number."""

from __future__ import annotations

import socket

import pytest

from tests.ports import held_port


def test_a_held_port_refuses_until_a_server_that_knows_its_number_listens() -> None:
    with held_port() as port:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        for _ in range(2):  # it may end and come again
            with (
                socket.create_server(("127.0.0.1", port)) as server,
                socket.create_connection(("127.0.0.1", port)) as client,
            ):
                assert server.accept()[1] == client.getsockname()


def test_nobody_else_gets_a_held_port() -> None:
    with held_port() as port, socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
