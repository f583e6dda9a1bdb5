"""The straight line on real input: three months as the API gave them, and two saved pages.

The data lie beside the checkout and are never copied into it; without them these tests are skipped.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine

from digest.demo.server import SourceServer, replayed
from digest.demo.shapes import Item
from digest.model import Papers, Reading, Tier
from digest.sources.huggingface import HuggingFace
from digest.store import listings
from digest.store.database import reading
from tests.cli import conftest as cli
from tests.replay import real_days

pytestmark = pytest.mark.real_data

digest = cli.digest  # the fixture that runs commands

NOW = datetime(2026, 10, 1, tzinfo=UTC)
CARDS_OF_2026_09_28 = ("2609.18703", "2609.31093", "2609.31394", "2609.24385", "2609.31199")


@pytest.fixture
def source(httpserver: HTTPServer) -> Iterator[HuggingFace]:
    """A source whose API is broken, so that pages are read."""
    httpserver.expect_request("/api/daily_papers").respond_with_json({"error": "broken"}, status=404)
    opened = HuggingFace(httpserver.url_for(""), contact="tests", version="0")
    yield opened
    opened.close()


def read(source: HuggingFace, httpserver: HTTPServer, day: date, page: bytes) -> tuple[Reading, Papers]:
    httpserver.expect_request(f"/papers/date/{day}").respond_with_data(page, content_type="text/html")
    reading = source.read_day(day, now=NOW)
    assert isinstance(reading.outcome, Papers), reading
    return reading, reading.outcome


def without_element(page: bytes) -> bytes:
    """The page as a redesign would leave it: the cards stay, the hydrated element has another name."""
    changed, number = re.subn(rb'data-target="DailyPapers"', b'data-target="Renamed"', page)
    assert number == 1
    return changed


@pytest.fixture
def page_2024(real_data: Path) -> bytes:
    return gzip.decompress((real_data / "html" / "papers-2024-08-01.html.gz").read_bytes())


@pytest.fixture
def page_2026(real_data: Path) -> bytes:
    return (real_data / "html" / "papers-2026-09-28.abridged.html").read_bytes()


def test_the_saved_page_of_2024_gives_its_13_papers_through_the_embedded_json(
    source: HuggingFace, httpserver: HTTPServer, page_2024: bytes, real_data: Path
) -> None:
    reading, papers = read(source, httpserver, date(2024, 8, 1), page_2024)
    props = json.loads((real_data / "api" / "page-props-2024-08-01.json").read_text(encoding="utf-8"))

    assert (reading.tier, papers.refused) == (Tier.EMBEDDED, ())
    assert len(papers.records) == 13
    assert [
        (record.paper.id, record.paper.title, record.upvotes, len(record.paper.authors))
        for record in papers.records
    ] == [
        (paper["id"], " ".join(paper["title"].split()), paper["upvotes"], len(paper["authors"]))
        for paper in (item["paper"] for item in props["dailyPapers"])
    ]


def test_the_saved_page_of_2024_gives_its_13_papers_through_the_cards(
    source: HuggingFace, httpserver: HTTPServer, page_2024: bytes
) -> None:
    _, embedded = read(source, httpserver, date(2024, 8, 1), page_2024)
    httpserver.clear_all_handlers()
    httpserver.expect_request("/api/daily_papers").respond_with_json({"error": "broken"}, status=404)
    reading, cards = read(source, httpserver, date(2024, 8, 1), without_element(page_2024))

    assert reading.tier is Tier.CARDS
    assert [
        (record.paper.id, record.paper.title, record.upvotes, record.author_count) for record in cards.records
    ] == [
        (record.paper.id, record.paper.title, record.upvotes, len(record.paper.authors))
        for record in embedded.records
    ]
    assert not any(record.paper.complete for record in cards.records)


def test_the_page_of_2026_gives_its_list_and_its_cards(
    source: HuggingFace, httpserver: HTTPServer, page_2026: bytes
) -> None:
    # abridged: its list holds one paper of the day, its cards five others: the day is not known whole
    reading, papers = read(source, httpserver, date(2026, 9, 28), page_2026)
    assert reading.tier is Tier.CARDS
    assert "embedded: lists 1 papers, the page shows 5" in reading.notes
    assert [(record.paper.id, record.paper.complete) for record in papers.records] == [
        ("2604.02103", True),
        *((paper_id, False) for paper_id in CARDS_OF_2026_09_28),
    ]

    httpserver.clear_all_handlers()
    httpserver.expect_request("/api/daily_papers").respond_with_json({"error": "broken"}, status=404)
    reading, cards = read(source, httpserver, date(2026, 9, 28), without_element(page_2026))
    assert reading.tier is Tier.CARDS
    assert tuple(record.paper.id for record in cards.records) == CARDS_OF_2026_09_28
    assert (cards.records[0].upvotes, cards.records[0].comments) == (42, 2)


# --- three months, from the API to a mail ------------------------------------------------------

LAST_MORNING = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def days(real_data: Path) -> dict[date, list[Item]]:
    return real_days(real_data)


@pytest.fixture
def served(days: dict[date, list[Item]], monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceServer]:
    with SourceServer(replayed(days), now=LAST_MORNING) as server:
        monkeypatch.setenv("DIGEST_SOURCE__BASE_URL", server.url)
        yield server


def test_a_backfill_of_three_months_stores_exactly_the_listings(
    digest: cli.Digest, served: SourceServer, days: dict[date, list[Item]], sqlite_engine: Engine
) -> None:
    with time_machine.travel(LAST_MORNING):
        ran = digest("backfill", "2026-03-01", "2026-05-31")

    assert (ran.code, ran.out) == (0, "92 days read, 0 were settled already, 2306 listings added\nno gaps\n")
    with reading(sqlite_engine) as session:
        stored = {day: listings.of_day(session, day) for day in days}
    assert sum(map(len, stored.values())) == 2306
    for day, items in days.items():
        assert {one.position: (one.paper_id, one.upvotes, one.comments) for one in stored[day]} == {
            number: (item["paper"]["id"], item["paper"]["upvotes"], item["numComments"])
            for number, item in enumerate(items, start=1)
        }


FRIDAY = date(2026, 5, 29)
PROFILE = '"video generation", retrieval^2, -benchmark'


class Keeping:
    """An aiosmtpd handler that keeps what it accepts."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 kept"


class OnFreePort(Controller):
    """A controller that asks for port 0 and knows which one it got."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd leaves it untyped


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeping]:
    """A real SMTP server, named in the environment."""
    kept = Keeping()
    controller = OnFreePort(kept, hostname="127.0.0.1", port=0)
    controller.start()
    monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
    monkeypatch.setenv("DIGEST_EMAIL__PORT", str(controller.port))
    yield kept
    controller.stop()


def words_of(item: Item) -> str:
    """Title and abstract, as a person would search them."""
    return " ".join(f"{item['title']} {item['paper']['summary']}".lower().split())


def test_the_last_of_the_days_becomes_a_ranked_and_correct_digest_on_a_real_mail_server(
    digest: cli.Digest, served: SourceServer, days: dict[date, list[Item]], relay: Keeping
) -> None:
    with time_machine.travel(datetime(2026, 5, 31, 12, tzinfo=UTC)):
        assert digest("backfill", "2026-05-01", "2026-05-31").code == 0
        assert digest("subscribers", "add", "reader@example.org", "-k", PROFILE).code == 0
    with time_machine.travel(LAST_MORNING):
        assert digest("prepare").code == 0
        assert digest("deliver").code == 0
        assert digest("prepare").code == 0
        assert digest("deliver").code == 0

    (envelope,) = relay.envelopes
    assert envelope.rcpt_tos == ["reader@example.org"]
    mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body
    plain = str(body.get_content())
    text = " ".join(plain.split())
    mailed = {item["paper"]["id"]: item for item in days[FRIDAY] if item["paper"]["id"] in text}

    assert set(re.findall(r"\b26\d\d\.\d{5}\b", text)) == set(mailed), "papers of that day alone"
    certain = {
        item["paper"]["id"]
        for item in days[FRIDAY]
        if re.search(r"\bvideo generation\b|\bretrieval\b", item["title"].lower())
        and "benchmark" not in words_of(item)
    }
    assert len(certain) >= 2
    assert certain <= set(mailed), "every paper with a keyword in its title and no excluded word"
    assert not [key for key, item in mailed.items() if re.search(r"\bbenchmarks?\b", words_of(item))]

    points = [float(found) for found in re.findall(r"^ ?(\d+\.\d)  \S", plain, re.MULTILINE)]
    assert len(points) == len(mailed)
    assert points == sorted(points, reverse=True)
    account = re.search(r"50 papers listed on Fri 29 May: (.*?)\. ", text)
    assert account, text[-600:]
    assert sum(map(int, re.findall(r"(?:^|, )(\d+) ", account[1]))) == 50
