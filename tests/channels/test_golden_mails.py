"""Golden mails: the sheet and the mail it gives, side by side in ``tests/golden``.

A change of the design shows as a change there. Write them anew with ``GOLDEN=write`` in the environment,
look at them, and let ``email.TEMPLATE`` grow: the same sheet then has other bytes.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Any

import pytest

from digest.channels.email import TEMPLATE, parts
from digest.channels.letters import write
from digest.model import Score, Sheet
from tests.channels.mails import KINDS, sheet
from tests.channels.test_email import CHANNEL
from tests.channels.test_letters import AT, LETTERS
from tests.channels.test_letters import SETTINGS as LETTER_SETTINGS

GOLDEN = Path(__file__).parent.parent / "golden"


def compare(name: str, said: object, mail: bytes) -> None:
    plain, html = parts(mail)
    made = {
        f"{name}.in.json": (dumps(said, indent=1, ensure_ascii=False, default=str) + "\n").encode(),
        f"{name}.eml": mail,
        f"{name}.txt": plain.encode(),
        f"{name}.html": html.encode(),
    }
    for file, content in made.items():
        if os.environ.get("GOLDEN") == "write":
            (GOLDEN / file).write_bytes(content)
        assert (GOLDEN / file).read_bytes() == content, f"tests/golden/{file} differs"


def spelt_out(sheet: Sheet) -> dict[str, Any]:
    """A sheet with a name for every value."""
    said = asdict(sheet)
    for section, told in zip(sheet.digest.sections, said["digest"]["sections"], strict=True):
        told["entries"] = [entry._asdict() | {"score": _spelt_out(entry.score)} for entry in section.entries]
    return said


def _spelt_out(score: Score) -> dict[str, Any]:
    return {"value": score.value, "reasons": [asdict(reason) for reason in score.reasons]}


@pytest.mark.parametrize("kind", KINDS)
def test_digests_are_their_golden_mails(kind: str) -> None:
    one = sheet(KINDS[kind])
    compare(f"digest-{kind}", spelt_out(one), CHANNEL.render(one))


@pytest.mark.parametrize("name", LETTERS)
def test_letters_are_their_golden_mails(name: str) -> None:
    letter = LETTERS[name]
    mail = write(letter, LETTER_SETTINGS, to="reader@example.net", message_id="1@digest.example.org", date=AT)
    compare(f"letter-{name.replace(' ', '-')}", asdict(letter), mail)


def test_the_golden_mails_are_of_this_template() -> None:
    """A new template has new golden mails: whoever changes the one sees the other."""
    version = GOLDEN / "template"
    if os.environ.get("GOLDEN") == "write":
        version.write_text(f"{TEMPLATE}\n")
    assert version.read_text() == f"{TEMPLATE}\n"


def test_every_golden_mail_belongs_to_a_test() -> None:
    names = {f"digest-{kind}" for kind in KINDS} | {f"letter-{name.replace(' ', '-')}" for name in LETTERS}
    assert {file.name.partition(".")[0] for file in GOLDEN.glob("*.eml")} == names
