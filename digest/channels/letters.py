"""Mails about a subscription itself, and to the operator: confirm, known already, goodbye, alarms. Pure.

A letter is never part of a list: it carries no unsubscribe header, and nothing but what it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.account_wording import plural
from digest.channels.dkim import signer_of
from digest.channels.mime import Heading, assemble, boundary, head
from digest.channels.paper_lines import Link
from digest.channels.quoted import quoted
from digest.channels.sender_identity import identity
from digest.channels.stationery import rendered, stylesheet
from digest.config import EmailSettings
from digest.model import Alarm
from digest.readable import clean, clip

MAX_LINE = 400
ALARMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says. ``action`` is the one thing to do; ``others`` are the ways out."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    action: Link | None = None
    details: tuple[str, ...] = ()
    others: tuple[Link, ...] = ()

    @property
    def preheader(self) -> str:
        return clip(self.paragraphs[0], 110)


def confirmation(confirm_url: str, *, profiles: Sequence[str], schedule: str, hours: int = 72) -> Letter:
    """Please confirm. ``profiles`` as typed, ``schedule`` in words; the link is good for ``hours``."""
    wanted = tuple(f"Profile: {_line(text) or 'trending, no keywords'}" for text in profiles)
    return Letter(
        subject="Please confirm your Daily Papers digest",
        heading="Please confirm",
        paragraphs=(
            "Somebody, we hope you, asked for a digest of Daily Papers at this address. "
            "Nothing will be sent before you confirm.",
        ),
        action=Link("Confirm the subscription", confirm_url),
        details=(
            *wanted,
            f"When: {_line(schedule)}",
            f"The link works for {hours} hours. If this was not you, do nothing: it is then forgotten.",
        ),
    )


def already_subscribed(preferences_url: str, unsubscribe_url: str) -> Letter:
    """Somebody signed up an address that is subscribed: said here, and nowhere on the web."""
    return Letter(
        subject="You are subscribed already",
        heading="You are subscribed already",
        paragraphs=(
            "Somebody, probably you, asked for a digest of Daily Papers at this address, which has one. "
            "Nothing was changed.",
        ),
        action=Link("Open your preferences", preferences_url),
        others=(Link("Unsubscribe", unsubscribe_url),),
    )


def goodbye(sign_up_url: str) -> Letter:
    """Unsubscribed: the last mail, with a way back."""
    return Letter(
        subject="You are unsubscribed from Daily Papers",
        heading="Goodbye",
        paragraphs=(
            "No more digests will come to this address. This is the last mail, thank you for reading.",
        ),
        details=("If you did not ask for this, or change your mind, subscribe again:",),
        others=(Link("Subscribe again", sign_up_url),),
    )


def alarms(raised: Sequence[Alarm], cleared: Sequence[Alarm]) -> Letter:
    """To the operator: what is wrong now and what is right again. At least one of either."""
    shown = [
        f"Wrong since {_moment(one.raised_at)}: {_line(one.detail)} ({_line(one.key)})" for one in raised
    ]
    shown += [f"All clear: {_line(one.detail)} ({_line(one.key)})" for one in cleared]
    more = len(shown) - ALARMS_SHOWN
    first = (raised or cleared)[0]
    state = plural(len(raised), "alarm") if raised else "all clear"
    return Letter(
        subject=f"[digest] {state}: {clip(_line(first.detail), 80)}",
        heading="Alarm" if raised else "All clear",
        paragraphs=(*shown[:ALARMS_SHOWN], *((f"and {more} more",) if more > 0 else ())),
        details=("`digest doctor` says what to do.",) if raised else (),
    )


def _line(text: str) -> str:
    return clip(clean(text, 4 * MAX_LINE), MAX_LINE)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def write(letter: Letter, settings: EmailSettings, *, to: str, message_id: str, date: datetime) -> bytes:
    """The letter as a mail. Pure: the same arguments give the same bytes.

    Raises ``DeliveryError`` when ``to`` is not exactly one plain address.
    """
    values = {
        "letter": letter,
        "postal": clean(settings.postal_address, MAX_LINE),
        "head_css": stylesheet("head.css"),
    }
    heading = Heading(to=to, subject=letter.subject, message_id=message_id, date=date)
    sender = identity(settings)
    mail = assemble(
        head(sender, heading),
        boundary(message_id),
        [quoted(rendered("letter.txt", **values))],
        [quoted(rendered("letter.html", **values))],
    )
    signer = signer_of(settings, sender.address)
    return signer.sign(mail, date) if signer else mail
