"""A clock that cannot be right starts nothing that would set or keep slots by it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import Engine

from digest.cluster.starting import schedule, work
from digest.config import Settings
from digest.errors import DigestError
from digest.house import House
from tests.cli.conftest import Digest

WRONG = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("command", ["run", "worker", "scheduler", "once", "slack run", "web"])
def test_a_clock_from_before_this_program_is_refused(digest: Digest, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, time_machine.travel(WRONG, tick=False):
        place = ["--port", str(taken.getsockname()[1])] if command == "web" else []  # so it ends in any case
        ran = digest(*command.split(), *place)
    assert ran.code == 1
    assert "the clock of this machine shows 1970-01-01" in ran.err


def test_it_is_refused_over_the_queue_too(sqlite_engine: Engine) -> None:
    house = House(Settings(), sqlite_engine)
    with time_machine.travel(WRONG, tick=False):
        with pytest.raises(DigestError, match="1970-01-01"):
            work(house, at_once=1, wait=False)
        with pytest.raises(DigestError, match="1970-01-01"):
            schedule(house)
