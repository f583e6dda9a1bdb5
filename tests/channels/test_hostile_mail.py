"""Hostile content in every field of a digest: nothing is added, nobody else is harmed."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from digest.channels.email import MAX_BYTES
from digest.channels.mime import Lines, whole_lines
from digest.channels.terminal import draw
from digest.errors import DeliveryError
from digest.model import Field, NearMiss, Organisation, Paper, Reason, ReasonKind, Section, Sheet
from tests.channels.mails import DAILY, EMPTY, LEDGER, PAPERS, account, entry, large, sheet
from tests.channels.test_email import CHANNEL, part, read
from tests.naughty import NAUGHTY
from tests.scores import score_of

TAGS = {"html", "head", "meta", "title", "style", "body", "div", "p", "a", "table", "tbody", "tr", "td"} | {
    "h1",
    "h2",
    "h3",
    "b",
    "span",
    "i",
    "br",
}
HOSTS = (
    "https://huggingface.co/papers/",
    "https://arxiv.org/",
    "https://digest.example.org/",
    "https://github.com/",
)
HEADERS = [
    "Date", "From", "To", "Subject", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id",
    "List-Archive", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
]  # fmt: skip
MORE = (
    "a\r\nBcc: evil@evil.example\r\n\r\n<b>x",
    "</a></p><script>alert(1)</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "=?utf-8?q?Bcc=3A?= encoded =?x",
    "%(feedback)b %b %% %s",
    "\ue000feedback\ue001 \ue000why\ue001",
    "--=_523c2f603a7cb240dc5521d4--\r\n\r\n",
    "{{ 7*7 }} {% for x in y %}",
    "x" * 1_000_000,
    "日本語" * 3000,
)


class Seen(HTMLParser):
    """What a reader of the HTML part would meet."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def hostile(text: str) -> Sheet:
    """A digest whose second paper, profile, reasons and near misses hold ``text`` in every field."""
    paper = Paper(
        id=LEDGER.id,
        title=text,
        abstract=text,
        authors=(text, text),
        organisation=Organisation(text, text),
        short_summary=text,
        source_keywords=(text,),
        project_url=text,
        code_url=text,
        code_stars=3,
    )
    reasons = (
        Reason(ReasonKind.KEYWORD, text, 4.0, Field.TITLE),
        Reason(ReasonKind.LEARNT, text, 1.0, related_to=text),
        Reason(ReasonKind.AUTHOR, text, 0.5),
    )
    sections = (
        DAILY.sections[0],
        Section(2, text, text, (entry(paper, score_of(5.5, reasons), also=(text,)),)),
    )
    near = (NearMiss(LEDGER.id, text, 4.0, 5.0),)
    digest = replace(DAILY, sections=sections, account=account(near_misses=near))
    return sheet(digest, (PAPERS[0], paper, PAPERS[2]))


def assert_sound(one: Sheet) -> None:
    raw = CHANNEL.render(one)
    assert isinstance(raw, Lines)
    assert whole_lines(bytes(raw)) == raw
    mail = read(raw)
    assert not mail.defects
    assert mail.keys() == HEADERS
    assert mail["To"].addresses[0].addr_spec == "reader@example.net"
    assert len(mail["To"].addresses) == 1
    assert len([*mail.walk()]) == 3
    assert len(raw) <= MAX_BYTES
    seen = Seen(part(mail, "html"))
    assert seen.tags <= TAGS
    assert not {name for name in seen.attributes if name.startswith("on") or name == "src"}
    assert all(link.startswith(HOSTS) for link in seen.links)
    assert all(
        re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u202a-\u202e]", part(mail, kind)) is None
        for kind in ("plain", "html")
    )


@pytest.mark.parametrize("text", [*NAUGHTY, *MORE], ids=lambda text: ascii(text[:24]))
def test_hostile_text_in_every_field_adds_nothing_and_harms_no_other_paper(text: str) -> None:
    one = hostile(text)
    assert_sound(one)
    html = part(read(CHANNEL.render(one)), "html")
    assert "Twin Rollouts: Diffusion Policies That Plan Two Futures at Once" in html
    assert html.count("<h3") == 3


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_in_every_field_is_sound(text: str) -> None:
    assert_sound(hostile(text))


@pytest.mark.parametrize("text", [*NAUGHTY, *MORE], ids=lambda text: ascii(text[:24]))
def test_an_empty_digest_is_sound_too(text: str) -> None:
    near = (NearMiss(text[:64], text, 4.0, 5.0),)
    assert_sound(sheet(replace(EMPTY, account=account(chosen=0, near_misses=near))))


@pytest.mark.parametrize("text", [*NAUGHTY, *MORE], ids=lambda text: ascii(text[:24]))
def test_the_terminal_shows_hostile_text_without_obeying_it(text: str) -> None:
    shown = StringIO()
    draw(hostile(text), Console(file=shown, width=80, force_terminal=True, color_system=None))
    printed = re.sub(
        r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", shown.getvalue()
    )  # Rich's own styles and links
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed) is None


@pytest.mark.parametrize(
    "code",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "https://github.com@evil.example/",
        "https://evil.example/",
        "https://github.com/a b",
        "https://github.com/\u202e",
        "http://[::1",
        "ftp://github.com/x",
    ],
)
def test_code_is_linked_only_where_code_lives(code: str) -> None:
    one = sheet(papers=(replace(PAPERS[0], code_url=code), *PAPERS[1:]))
    assert ">Code<" not in part(read(CHANNEL.render(one)), "html")


@pytest.mark.parametrize("text", ["日本語テキスト" * 400, "<&>\"'" * 400, "x" * 5000, "é" * 3000])
def test_the_largest_digest_of_hostile_papers_still_fits_and_lists_every_paper(text: str) -> None:
    paper = replace(
        LEDGER, title=text, abstract=text, authors=(text,) * 5, organisation=Organisation(text, text)
    )
    raw = CHANNEL.render(large(50, [paper], term=text))
    html = part(read(raw), "html")
    assert len(raw) <= MAX_BYTES
    assert len(re.findall(r"https://huggingface\.co/papers/2603\.\d{5}\"", html)) == 50


def test_a_paper_that_is_gone_from_the_store_stays_under_its_id() -> None:
    assert "2603.04310" in part(read(CHANNEL.render(sheet(papers=(PAPERS[0], PAPERS[2])))), "html")


def test_one_bad_address_is_one_refusal_and_the_next_mail_is_fine() -> None:
    with pytest.raises(DeliveryError):
        CHANNEL.render(sheet(address="a@b.org, c@d.org"))
    assert_sound(sheet())
