"""Mails before other people's programs: a spam filter, a MIME reader, an HTML checker, client data.

Installed by Debian (``spamassassin``, ``mblaze``, ``default-jre-headless``, ``nodejs``) and by
``npm ci`` in ``tests/counterparts``; a test is skipped only where its program is absent.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from digest.channels.email import parts
from digest.channels.letters import write
from tests.channels.mails import KINDS, PAPERS, large, sheet
from tests.channels.test_email import CHANNEL, part, read
from tests.channels.test_letters import AT, LETTERS, SETTINGS

pytestmark = pytest.mark.counterpart

COUNTERPARTS = Path(__file__).parent.parent / "counterparts"
MODULES = COUNTERPARTS / "node_modules"

MAILS = {kind: CHANNEL.render(sheet(digest)) for kind, digest in KINDS.items()}
MAILS |= {"large": CHANNEL.render(large(50, PAPERS))}
MAILS |= {
    name: write(letter, SETTINGS, to="reader@example.net", message_id="1@digest.example.org", date=AT)
    for name, letter in LETTERS.items()
}

HARMLESS = {
    # (feature, clients): why the mail is right without it
    ("display:none", "gmail.mobile-webmail"): "hidden there by max-height and overflow",
    ("overflow", "outlook.windows"): "hidden there by display:none",
    ("overflow", "outlook.windows-mail"): "hidden there by display:none",
    ("@media", "gmail.mobile-webmail"): "the light scheme, which it shows anyway",
    ("@media", "outlook.windows"): "the light scheme, which it shows anyway",
    ("@media", "outlook.windows-mail"): "the light scheme, which it shows anyway",
    ("<style> element", "gmail.mobile-webmail"): "the client's own colour of links",
    ("Type selector", "gmail.mobile-webmail"): "the same",
    ("Class selector", "gmail.mobile-webmail"): "the same",
    ("Descendant combinator", "gmail.mobile-webmail"): "the same",
    ("role attribute", "outlook.windows-mail"): "no longer sold; its reader sees a table of one cell",
    ("border-radius", "outlook.windows"): "square corners",
    ("border-radius", "outlook.windows-mail"): "square corners",
    ("white-space", "outlook.windows"): "the two buttons may stand on two lines",
    ("white-space", "outlook.windows-mail"): "the two buttons may stand on two lines",
    ("height property", "yahoo.desktop-webmail"): "it is line-height, taken for height by the checker",
    ("height property", "yahoo.ios"): "the same",
    ("height property", "yahoo.android"): "the same",
    ("<body> element", "outlook.macos"): "colours stand on the cell as well",
    ("<body> element", "yahoo.ios"): "colours stand on the cell as well",
    ("<body> element", "yahoo.android"): "colours stand on the cell as well",
}


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def ran(*command: str, given: bytes) -> str:
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=300)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


@pytest.mark.parametrize("name", ["daily", "empty", "large", "confirmation"])
def test_the_spam_filter_has_nothing_against_it(name: str) -> None:
    report = ran(tool("spamassassin"), "-L", "-t", given=MAILS[name])
    score = re.search(r"Content analysis details:\s+\((-?[\d.]+) points", report)
    assert score is not None, report
    assert float(score[1]) <= 0, report


@pytest.mark.parametrize("name", MAILS)
def test_a_second_reader_sees_the_same_parts(name: str, tmp_path: Path) -> None:
    show = tool("mshow")
    file = tmp_path / "mail.eml"
    file.write_bytes(MAILS[name].replace(b"\r\n", b"\n"))
    tree = ran(show, "-t", str(file), given=b"")
    assert re.findall(r"(\w+/\w+)", tree.split(str(file), 1)[1])[:3] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    for number, kind in (("2", "plain"), ("3", "html")):
        shown = ran(show, "-O", str(file), number, given=b"").replace("\r\n", "\n")
        assert shown.strip() == part(read(MAILS[name]), kind).replace("\r\n", "\n").strip()


@pytest.mark.parametrize("name", MAILS)
def test_the_html_checker_finds_no_error(name: str, tmp_path: Path) -> None:
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.is_file():
        pytest.skip("npm ci was not run in tests/counterparts")
    page = tmp_path / "mail.html"
    page.write_text(parts(MAILS[name])[1], encoding="utf-8")
    report = json.loads(ran(tool("java"), "-jar", str(jar), "--format", "json", str(page), given=b""))
    assert [one["message"] for one in report["messages"] if one["type"] != "info"] == []


@pytest.mark.parametrize("name", MAILS)
def test_the_main_mail_clients_show_it_as_meant(name: str) -> None:
    if not (MODULES / "caniemail").is_dir():
        pytest.skip("npm ci was not run in tests/counterparts")
    said = ran(tool("node"), str(COUNTERPARTS / "caniemail.mjs"), given=parts(MAILS[name])[1].encode())
    found = {(feature, client) for feature, client in json.loads(said)}
    assert found <= HARMLESS.keys()
