"""Digest mails: the rules of the trade, read back by a real parser."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from digest.channels import Sender
from digest.channels.email import MAX_BYTES, EmailChannel
from digest.config import EmailSettings
from digest.errors import ConfigError, DeliveryError
from digest.model import Unknown
from tests.channels.mails import BASE, DAILY, EMPTY, KINDS, LINKS, PAPERS, large, sheet

SETTINGS = EmailSettings(
    sender="Daily Papers digest <digest@digest.example.org>", postal_address="1 Example Street, 12345 Example"
)


def no_sender() -> Sender:
    raise AssertionError("rendering must not connect")


CHANNEL = EmailChannel(SETTINGS, no_sender)


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    text: str = found.get_content()
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_has_no_defects_and_plain_text_comes_first(kind: str) -> None:
    mail = read(CHANNEL.render(sheet(KINDS[kind])))
    assert not mail.defects
    assert mail.get_content_type() == "multipart/alternative"
    assert [piece.get_content_type() for piece in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not any(piece.defects for piece in mail.iter_parts())


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert CHANNEL.render(sheet()) == EmailChannel(SETTINGS, no_sender).render(sheet())


def test_headers_say_who_what_and_how_to_leave() -> None:
    mail = read(CHANNEL.render(sheet()))
    assert mail["From"] == "Daily Papers digest <digest@digest.example.org>"
    assert mail["To"] == "reader@example.net"
    assert mail["List-Unsubscribe"] == f"<{LINKS.one_click}>, <mailto:{LINKS.unsubscribe_mailto}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "Daily Papers digest <daily-papers.digest.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == sheet().message_id
    assert mail["Date"] == "Fri, 06 Mar 2026 06:30:00 +0000"
    assert mail["Subject"].startswith("Fri 6 Mar: Twin Rollouts: ")
    assert mail["Subject"].endswith(", and 2 more")


def test_both_parts_hold_the_same_papers_and_links() -> None:
    mail = read(CHANNEL.render(sheet()))
    plain, html = part(mail, "plain"), part(mail, "html")
    assert set(re.findall(r"https://[^\s\"<]+", plain)) == set(re.findall(r"href=\"(https://[^\"]+)", html))


def test_the_largest_digest_is_below_the_limit_and_can_be_left_from_both_ends() -> None:
    raw = CHANNEL.render(large(50, PAPERS))
    html = part(read(raw), "html")
    assert len(raw) <= MAX_BYTES
    assert LINKS.unsubscribe in html[:1024]
    assert LINKS.unsubscribe in html[-1024:]
    assert html.count("<h3") == 50


def test_nothing_is_fetched_when_the_mail_is_opened() -> None:
    html = part(read(CHANNEL.render(sheet())), "html")
    assert not re.search(r"<(img|link|script|iframe|video|object)|url\(|@import|src=", html, re.IGNORECASE)


def test_links_go_straight_to_the_paper() -> None:
    html = part(read(CHANNEL.render(sheet())), "html")
    hosts = set(re.findall(r"href=\"https://([^/\"]+)", html))
    assert hosts == {"huggingface.co", "arxiv.org", "github.com", BASE.removeprefix("https://")}


def test_an_empty_digest_says_why_and_names_the_nearest_misses() -> None:
    plain = part(read(CHANNEL.render(sheet(EMPTY))), "plain")
    assert "44 new papers came, and none reached your bar of 5.0." in plain
    assert plain.count("below your bar of 5.0") == 3


def test_every_line_is_within_the_limits_of_smtp() -> None:
    for line in CHANNEL.render(large(50, PAPERS)).split(b"\r\n"):
        assert len(line) <= 998
        assert b"\n" not in line
        assert b"\r" not in line


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org, c@d.org",
        "g:a@b.org;",
        "a@b.org\r\nBcc: c@d.org",
        '"x y"@b.org',
        "A <a@b.org>",
        "a@b.org\u2028",
        "nobody",
        "a@@b",
    ],
)
def test_an_address_that_is_not_exactly_one_is_refused(address: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        CHANNEL.render(sheet(address=address))
    assert address not in str(caught.value)


def test_a_sender_that_is_no_address_is_named_at_the_start() -> None:
    with pytest.raises(ConfigError, match=r"email\.sender"):
        EmailChannel(EmailSettings(sender="nobody"), no_sender)


def test_mail_cannot_be_found_again() -> None:
    from digest.model import Message

    assert isinstance(CHANNEL.find(Message(1, "a@example.org", b"", "<1@example.org>")), Unknown)


def test_the_plain_part_is_wrapped_except_for_addresses() -> None:
    plain = part(read(CHANNEL.render(sheet(DAILY))), "plain")
    assert all(len(line) <= 72 for line in plain.splitlines() if "https://" not in line)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_names_its_language_title_and_schemes_and_hides_its_preheader(kind: str) -> None:
    mail = read(CHANNEL.render(sheet(KINDS[kind])))
    html = part(mail, "html")
    assert '<html lang="en">' in html
    assert "<title>Daily Papers</title>" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert html.count("<table") == html.count('role="presentation"')
    hidden = re.search(r'<div style="display:none;max-height:0;overflow:hidden">([^<]+)</div>', html)
    assert hidden is not None
    assert html.index(hidden[0]) < html.index("DAILY PAPERS")
    assert " ".join(hidden[1].split()) not in " ".join(part(mail, "plain").split())


def test_links_of_a_mail_say_where_they_lead() -> None:
    html = part(read(CHANNEL.render(sheet())), "html")
    named = re.findall(r"<a [^>]*>(.*?)</a>", html, re.DOTALL)
    assert all(re.sub("<[^>]*>", "", words).strip().casefold() not in {"", "here", "link"} for words in named)


@pytest.mark.parametrize("length", [20, 90, 200])
def test_the_unsubscribe_header_is_never_folded_or_encoded_whatever_its_token(length: int) -> None:
    address = f"{BASE}/u/{'T0' * (length // 2)}"
    raw = CHANNEL.render(sheet(links=replace(LINKS, one_click=address)))
    line = f"List-Unsubscribe: <{address}>, <mailto:{LINKS.unsubscribe_mailto}>"
    assert raw.partition(b"\r\n\r\n")[0].decode().split("\r\n").count(line) == 1
