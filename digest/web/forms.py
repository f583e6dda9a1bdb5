"""What tells people from programs at the forms that send mail: age, a trap, an answer after equal time."""

from __future__ import annotations

import time
from datetime import timedelta

from digest.tokens import LIFETIMES, Purpose, sign, verify
from digest.web.desk import Desk

LEAST_SECONDS = timedelta(seconds=2)
"""Nobody fills a form in faster; programs do."""


ONCE_MORE = "The page was open for long. Please press the button once more."
"""A form that is too old is given again with all that was typed."""


def form_token(desk: Desk) -> str:
    """Says when the form was made."""
    now = desk.clock()
    return sign(desk.keys, Purpose.FORM, str(int(now.timestamp())), now)


def age_of(desk: Desk, token: str) -> timedelta:
    """How long ago the form was made; forged and old ones raise ``TokenError``."""
    made = int(verify(desk.keys, Purpose.FORM, token, desk.clock()))
    return timedelta(seconds=desk.clock().timestamp() - made)


def even_out(desk: Desk, started: float) -> None:
    """Known and unknown addresses cost different work: answer after the same time since ``started``."""
    time.sleep(max(0.0, started + desk.answer_seconds - time.monotonic()))


def hours(purpose: Purpose) -> int:
    """How long a link works; 0 for those that work for ever."""
    lifetime = LIFETIMES[purpose]
    return int(lifetime.total_seconds() // 3600) if lifetime else 0
