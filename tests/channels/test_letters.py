"""Letters: what they ask for, what they must not hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from digest.channels import letters
from digest.channels.letters import Letter, write
from digest.config import EmailSettings
from digest.errors import DeliveryError
from digest.model import Alarm

AT = datetime(2026, 3, 6, 6, 30, tzinfo=UTC)
SETTINGS = EmailSettings(sender="Ärzte & Co, Daily Papers <digest@digest.example.org>")
BASE = "https://digest.example.org"

LETTERS = {
    "confirmation": letters.confirmation(
        f"{BASE}/c/TOKEN", profiles=("diffusion <models>", ""), schedule="every day at 07:30 (Europe/Berlin)"
    ),
    "already subscribed": letters.already_subscribed(f"{BASE}/p/TOKEN", f"{BASE}/u/TOKEN"),
    "goodbye": letters.goodbye(f"{BASE}/subscribe"),
    "alarm": letters.alarms((Alarm("source", "the source was not read for 7 hours", AT),), ()),
    "all clear": letters.alarms((), (Alarm("source", "the source is read again", AT),)),
}


def read(letter: Letter) -> EmailMessage:
    raw = write(letter, SETTINGS, to="reader@example.net", message_id="1@digest.example.org", date=AT)
    return message_from_bytes(raw, policy=policy.default)


def parts(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_a_sound_mail_to_one_address_and_belongs_to_no_list(name: str) -> None:
    mail = read(LETTERS[name])
    assert not mail.defects
    assert mail["To"] == "reader@example.net"
    assert mail["From"].addresses[0].display_name == "Ärzte & Co, Daily Papers"
    assert len(mail["From"].addresses) == 1
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<1@digest.example.org>"
    assert mail["List-Unsubscribe"] is None


@pytest.mark.parametrize("name", LETTERS)
def test_both_parts_of_a_letter_hold_the_same_links(name: str) -> None:
    plain, html = parts(read(LETTERS[name]))
    assert set(re.findall(r"https://\S+", plain)) == set(re.findall(r"href=\"([^\"]+)", html))
    assert LETTERS[name].paragraphs[0][:40] in html


def test_a_confirmation_says_what_was_asked_for_and_escapes_it() -> None:
    plain, html = parts(read(LETTERS["confirmation"]))
    assert "Profile: diffusion <models>" in plain
    assert "diffusion &lt;models&gt;" in html
    assert "trending, no keywords" in plain
    assert "72 hours" in plain


def test_many_alarms_are_counted_not_listed() -> None:
    many = letters.alarms([Alarm(f"key {n}", f"detail {n}", AT) for n in range(30)], ())
    assert len(many.paragraphs) == 21
    assert many.subject == "[digest] 30 alarms: detail 0"


def test_what_an_alarm_holds_cannot_add_a_header() -> None:
    mail = read(letters.alarms((Alarm("k", "broken\r\nBcc: x@example.org", AT),), ()))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "[digest] 1 alarm: broken Bcc: x@example.org"


def test_a_letter_goes_to_one_address_only() -> None:
    with pytest.raises(DeliveryError):
        write(LETTERS["goodbye"], SETTINGS, to="a@b.org, c@d.org", message_id="1@b", date=AT)
