"""The loopback source answers as the real one does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import requests

from digest.demo.sample import FIRST_DAY, LAST_DAY
from digest.demo.server import ALLOWANCES, SourceServer, replayed, sample_source
from digest.errors import DigestError

SATURDAY = LAST_DAY + timedelta(days=1)
NOW = datetime(2026, 10, 17, 7, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer(sample_source, now=NOW) as serving:
        yield serving


def get(server: SourceServer, target: str) -> requests.Response:
    return requests.get(server.url + target, allow_redirects=False, timeout=60)


def ids(answer: requests.Response) -> list[str]:
    return [item["paper"]["id"] for item in answer.json()]


def test_the_api_lists_a_day(server: SourceServer) -> None:
    answer = get(server, f"/api/daily_papers?date={FIRST_DAY}&limit=100")

    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(ids(answer)) == 27
    assert server.requests == ["/api/daily_papers?date=2026-10-14&limit=100"]


def test_pages_of_a_day_hold_each_paper_once(server: SourceServer) -> None:
    whole = ids(get(server, f"/api/daily_papers?date={FIRST_DAY}"))
    pieces = [ids(get(server, f"/api/daily_papers?date={FIRST_DAY}&limit=10&p={page}")) for page in range(4)]

    assert [len(piece) for piece in pieces] == [10, 10, 7, 0]
    assert [paper for piece in pieces for paper in piece] == whole


def test_fifty_papers_are_the_default_and_a_hundred_the_most() -> None:
    days = {FIRST_DAY: [{"paper": {"id": f"2610.{number:05}"}} for number in range(120)]}
    with SourceServer(replayed(days), now=NOW) as server:
        assert len(ids(get(server, f"/api/daily_papers?date={FIRST_DAY}"))) == 50
        assert len(ids(get(server, f"/api/daily_papers?date={FIRST_DAY}&limit=100"))) == 100
        assert get(server, f"/api/daily_papers?date={FIRST_DAY}&limit=101").status_code == 400


def test_without_a_date_the_api_lists_today(server: SourceServer) -> None:
    server.now = datetime(2026, 10, 16, 12, tzinfo=UTC)

    assert "2610.90704" in ids(get(server, "/api/daily_papers"))


def test_a_day_without_papers_is_an_empty_list(server: SourceServer) -> None:
    answer = get(server, f"/api/daily_papers?date={SATURDAY}&limit=100")

    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    "query", ["date=2026-13-01", "date=yesterday", "date=2026-10-18", "limit=0", "limit=ten", "p=-1"]
)
def test_a_question_that_makes_no_sense_is_a_400_in_json(server: SourceServer, query: str) -> None:
    answer = get(server, f"/api/daily_papers?{query}")

    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}


@pytest.mark.real_data
def test_an_unknown_path_answers_as_the_real_one(server: SourceServer, real_data: Path) -> None:
    answer = get(server, "/api/daily_paper")

    assert answer.status_code == 404
    assert answer.json() == json.loads((real_data / "api" / "error-not-found.json").read_text())


def test_a_day_has_a_page(server: SourceServer) -> None:
    answer = get(server, f"/papers/date/{LAST_DAY}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert 'data-target="DailyPapers"' in answer.text
    assert answer.text.count("<article") == 26


@pytest.mark.parametrize("target", [f"/papers/date/{SATURDAY}", "/papers/date/2026-12-24", "/papers"])
def test_the_page_of_a_day_without_papers_leads_to_the_latest_with_some(
    server: SourceServer, target: str
) -> None:
    server.now = datetime(2026, 12, 24, tzinfo=UTC) if "12-24" in target else NOW
    days = {
        LAST_DAY: [{"paper": {"id": "2610.00001"}}],
        date(2026, 12, 23): [{"paper": {"id": "2612.00001"}}],
    }
    server.days = replayed(days)
    answer = get(server, target)

    latest = date(2026, 12, 23) if "12-24" in target else LAST_DAY
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/papers/date/{latest}")


@pytest.mark.parametrize(
    "target", ["/papers/date/soon", "/papers/date/2020-01-01", "/", "/papers/2610.90127"]
)
def test_a_page_that_does_not_exist_is_a_404_in_json(server: SourceServer, target: str) -> None:
    answer = get(server, target)

    assert answer.status_code == 404
    assert "error" in answer.json()


def test_a_page_to_come_is_not_shown_early(server: SourceServer) -> None:
    server.now = datetime(2026, 10, 15, 12, tzinfo=UTC)

    assert get(server, f"/papers/date/{LAST_DAY}").headers["Location"] == "/papers/date/2026-10-15"


def test_a_day_fills_as_the_moment_moves(server: SourceServer) -> None:
    server.now = datetime(2026, 10, 14, 6, tzinfo=UTC)
    morning = ids(get(server, f"/api/daily_papers?date={FIRST_DAY}"))
    server.now = NOW
    later = ids(get(server, f"/api/daily_papers?date={FIRST_DAY}"))

    assert 0 < len(morning) < len(later)


def test_a_head_request_gets_the_headers_alone(server: SourceServer) -> None:
    answer = requests.head(server.url + f"/api/daily_papers?date={FIRST_DAY}", timeout=60)

    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 1000
    assert answer.content == b""


def test_a_reader_without_gzip_gets_plain_json(server: SourceServer) -> None:
    answer = requests.get(
        server.url + f"/api/daily_papers?date={SATURDAY}", headers={"Accept-Encoding": "identity"}, timeout=5
    )

    assert "Content-Encoding" not in answer.headers
    assert answer.content == b"[]"


def test_every_answer_says_what_is_left_of_the_allowance(server: SourceServer) -> None:
    first, second = (get(server, f"/api/daily_papers?date={SATURDAY}") for _ in range(2))
    page = get(server, f"/papers/date/{FIRST_DAY}")

    assert first.headers["RateLimit"] == '"api";r=499;t=300'
    assert second.headers["RateLimit"] == '"api";r=498;t=300'
    assert page.headers["RateLimit"] == '"pages";r=99;t=300'
    assert page.headers["RateLimit-Policy"] == '"fixed window";"pages";q=100;w=300'


def test_beyond_the_allowance_readers_wait_for_the_window_to_end(server: SourceServer) -> None:
    for _ in range(ALLOWANCES["pages"]):
        server.respond("/papers")
    refused = get(server, f"/papers/date/{FIRST_DAY}")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "300")
    assert get(server, f"/api/daily_papers?date={FIRST_DAY}").status_code == 200

    server.now += timedelta(seconds=300)
    assert get(server, f"/papers/date/{FIRST_DAY}").status_code == 200


def test_many_readers_are_served_at_once_on_kept_connections(server: SourceServer) -> None:
    with requests.Session() as one, requests.Session() as other:
        for session in (one, other, one, other):
            assert session.get(server.url + f"/api/daily_papers?date={FIRST_DAY}", timeout=60).ok


def test_nothing_keeps_running_after_the_end() -> None:
    before = set(threading.enumerate())
    with SourceServer(sample_source, now=NOW) as server, requests.Session() as session:
        session.get(server.url + "/api/daily_papers", timeout=60)
        port = server.port

    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)


def test_a_reader_that_hangs_up_disturbs_nobody(
    server: SourceServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as hasty:
        hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        hasty.sendall(b"GET /api/daily_papers?date=2026-10-14 HTTP/1.1\r\nHost: x\r\n\r\n")

    assert get(server, f"/api/daily_papers?date={FIRST_DAY}").status_code == 200
    assert capsys.readouterr().err == ""


def test_a_port_that_is_taken_is_named_with_a_remedy(server: SourceServer) -> None:
    with pytest.raises(
        DigestError, match=f"no HTTP server can be opened on 127.0.0.1:{server.port}"
    ) as raised:
        SourceServer(sample_source, now=NOW, port=server.port)
    assert "end the program that holds the port" in raised.value.remedy
