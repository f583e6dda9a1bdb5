"""Reading a day over HTTP: tiers in order, five outcomes, all pages, polite."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from digest.http_client import Bounds
from digest.model import EmptyDay, Failed, NoElement, Papers, RawAnswer, Redirected, Tier
from digest.sources.fetching import Unpaced
from digest.sources.huggingface import HuggingFace
from tests.sources.shapes import ARROWS, DAY, card, item, page, props
from tests.test_http_client import reply, server

NOW = datetime(2026, 9, 30, 7, 30, tzinfo=UTC)
SUNDAY = date(2026, 9, 27)


class Notebook(Unpaced):
    """An allowance that is never used up, and a memory, both of which can be looked into."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.held: dict[str, datetime] = {}
        self.known: dict[str, RawAnswer] = {}

    def take(self, kind: str, *, now: datetime) -> datetime | None:
        self.taken.append(kind)
        return None

    def hold(self, kind: str, *, until: datetime) -> None:
        self.held[kind] = until

    def recall(self, url: str, *, now: datetime) -> RawAnswer | None:
        return self.known.get(url)


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def source(httpserver: HTTPServer, notebook: Notebook) -> Iterator[HuggingFace]:
    opened = HuggingFace(
        httpserver.url_for("/"),
        contact="https://example.org/contact",
        version="1.2",
        bounds=Bounds(deadline_seconds=60, connect_seconds=60),
        pace=notebook,
        memory=notebook,
        sleep=lambda _seconds: None,
    )
    yield opened
    opened.close()


def serve(server: HTTPServer, *pages: Any, status: int = 200) -> None:
    """The API with these pages of items; beyond the last an empty list."""

    def answer(request: Request) -> Response:
        number = int(request.args["p"])
        items = pages[number] if number < len(pages) else []
        return Response(json.dumps(items), status, content_type="application/json")

    server.expect_request("/api/daily_papers").respond_with_handler(answer)


def many(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [item(f"2609.{number:05}") for number in range(start, start + count)]


def shown_page(server: HTTPServer, body: bytes, day: date = DAY, **more: Any) -> None:
    server.expect_request(f"/papers/date/{day}").respond_with_data(body, content_type="text/html", **more)


def test_the_api_answers_first_and_alone(httpserver: HTTPServer, source: HuggingFace) -> None:
    serve(httpserver, many(3))
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Papers)
    assert (len(reading.outcome.records), reading.tier, reading.notes) == (3, Tier.API, ())
    (asked,) = [request for request, _ in httpserver.log]
    assert dict(asked.args) == {"date": "2026-09-28", "limit": "100", "p": "0"}
    assert asked.headers["User-Agent"] == "daily-papers-digest/1.2 (+https://example.org/contact)"
    assert "Cookie" not in asked.headers
    assert "Authorization" not in asked.headers


def test_all_pages_of_a_busy_day_are_read(httpserver: HTTPServer, source: HuggingFace) -> None:
    serve(httpserver, many(100), many(100, 100), many(30, 190))
    outcome = source.read_day(DAY, now=NOW).outcome
    assert isinstance(outcome, Papers)
    assert len({record.paper.id for record in outcome.records}) == len(outcome.records) == 220
    assert len(httpserver.log) == 3


def test_a_page_cut_at_the_apis_default_is_not_taken_for_the_last(
    httpserver: HTTPServer, source: HuggingFace
) -> None:
    serve(httpserver, many(50), many(23, 50))
    outcome = source.read_day(DAY, now=NOW).outcome
    assert isinstance(outcome, Papers)
    assert len(outcome.records) == 73


def test_an_error_beyond_the_last_page_is_the_end(httpserver: HTTPServer, source: HuggingFace) -> None:
    httpserver.expect_request(
        "/api/daily_papers", query_string={"date": str(DAY), "limit": "100", "p": "0"}
    ).respond_with_json(many(100))
    httpserver.expect_request("/api/daily_papers").respond_with_json({"error": "no such page"}, status=400)
    outcome = source.read_day(DAY, now=NOW).outcome
    assert isinstance(outcome, Papers)
    assert len(outcome.records) == 100


def test_a_server_error_on_a_later_page_is_no_complete_day(
    httpserver: HTTPServer, source: HuggingFace
) -> None:
    httpserver.expect_request(
        "/api/daily_papers", query_string={"date": str(DAY), "limit": "100", "p": "0"}
    ).respond_with_json(many(100))
    httpserver.expect_request("/api/daily_papers").respond_with_data("", status=500)
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Failed)
    assert "status 500" in reading.outcome.reason


def test_an_api_that_repeats_its_first_page_ends(httpserver: HTTPServer, source: HuggingFace) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_json(many(100))
    outcome = source.read_day(DAY, now=NOW).outcome
    assert isinstance(outcome, Papers)
    assert (len(outcome.records), len(httpserver.log)) == (100, 2)


def test_endless_pages_are_an_error(httpserver: HTTPServer, source: HuggingFace) -> None:
    serve(httpserver, *(many(100, number * 100) for number in range(25)))
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Failed)
    assert "more than 20 pages" in reading.notes[0]


def test_an_empty_sunday_is_believed_at_once(httpserver: HTTPServer, source: HuggingFace) -> None:
    serve(httpserver)
    assert source.read_day(SUNDAY, now=NOW).outcome == EmptyDay()
    assert len(httpserver.log) == 1


def test_today_may_still_be_empty(httpserver: HTTPServer, source: HuggingFace) -> None:
    serve(httpserver)
    assert source.read_day(NOW.date(), now=NOW).outcome == EmptyDay()


def test_an_empty_weekday_is_believed_when_its_page_redirects(
    httpserver: HTTPServer, source: HuggingFace
) -> None:
    serve(httpserver)
    shown_page(httpserver, b"", status=302, headers={"Location": "/papers/date/2026-09-25"})
    reading = source.read_day(DAY, now=NOW)
    assert reading.outcome == EmptyDay()
    assert reading.notes == ("api: says that this weekday is empty",)


def test_an_empty_weekday_without_a_page_is_believed(httpserver: HTTPServer, source: HuggingFace) -> None:
    serve(httpserver)
    shown_page(httpserver, b"{}", status=404)
    assert source.read_day(DAY, now=NOW).outcome == EmptyDay()


def test_an_empty_weekday_whose_page_has_papers_is_not_empty(
    httpserver: HTTPServer, source: HuggingFace
) -> None:
    serve(httpserver)
    shown_page(httpserver, page(props(item())))
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Papers)
    assert reading.tier is Tier.EMBEDDED


@pytest.mark.parametrize("status", [200, 500])
def test_an_empty_weekday_that_the_page_cannot_confirm_is_a_failure(
    httpserver: HTTPServer, source: HuggingFace, status: int
) -> None:
    serve(httpserver)
    shown_page(httpserver, page(None, body="<script>awsWafCookieDomainList</script>"), status=status)
    assert isinstance(source.read_day(DAY, now=NOW).outcome, Failed)


def test_the_page_answers_when_the_api_fails(httpserver: HTTPServer, source: HuggingFace) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_data("oops", status=404)
    shown_page(httpserver, page(props(item())))
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Papers)
    assert (reading.tier, reading.notes) == (Tier.EMBEDDED, ("api: the source answered with status 404",))


def test_the_cards_answer_when_all_else_fails(httpserver: HTTPServer, source: HuggingFace) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_data("<html>", content_type="text/html")
    shown_page(httpserver, page(None, body=ARROWS + card()))
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Papers)
    assert reading.tier is Tier.CARDS
    assert len(reading.notes) == 2


def test_an_api_that_gives_another_days_list_is_not_believed(
    httpserver: HTTPServer, source: HuggingFace
) -> None:
    serve(httpserver, many(3))
    shown_page(
        httpserver, b"", day=date(2026, 9, 8), status=302, headers={"Location": "/papers/date/2026-09-07"}
    )
    reading = source.read_day(date(2026, 9, 8), now=NOW)
    assert reading.outcome == Redirected(date(2026, 9, 7))
    assert reading.notes == ("api: the API lists the papers of another day, 2026-09-28",)


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("/papers/date/2026-09-25", Redirected(date(2026, 9, 25))),
        ("/papers?date=2026-09-25", Redirected(date(2026, 9, 25))),
        ("/papers", Redirected(None)),
        ("/login?next=%2Fpapers", NoElement("a login page stands in the place of the papers")),
        ("/pricing", NoElement("the page redirects to what is no page of papers")),
        ("http://169.254.169.254/papers", Failed("the page redirects to another server")),
        ("//10.0.0.1/papers", Failed("the page redirects to another server")),
        ("http://[::1]/papers", Failed("the page redirects to another server")),
        ("file:///papers/date/2026-09-25", Failed("the page redirects to another server")),
    ],
)
def test_a_redirect_is_told_apart_and_never_followed_elsewhere(
    httpserver: HTTPServer, source: HuggingFace, location: str, outcome: object
) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_data("", status=404)
    shown_page(httpserver, b"", status=302, headers={"Location": location})
    assert source.read_day(DAY, now=NOW).outcome == outcome
    assert len(httpserver.log) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_redirect_to_another_server_on_a_private_address_reaches_nobody(
    httpserver: HTTPServer, source: HuggingFace, host: str
) -> None:
    with HTTPServer() as private:
        private.expect_request(re.compile(".*")).respond_with_data(page(props(item())))
        for path in ("/api/daily_papers", f"/papers/date/{DAY}"):
            httpserver.expect_request(path).respond_with_data(
                "", status=302, headers={"Location": f"http://{host}:{private.port}{path}"}
            )
        outcome = source.read_day(DAY, now=NOW).outcome
        assert outcome == Failed("the page redirects to another server")
        assert private.log == []


@pytest.mark.parametrize("location", ["http://127.0.0.1:99999/papers", "http://[::1/papers"])
def test_a_redirect_to_what_is_no_address_fails_the_read(location: str) -> None:
    answer = reply(b"", f"Location: {location}", "Connection: close", status="302 Found")
    with server(lambda connection: connection.sendall(answer)) as url:
        asked = HuggingFace(url.removesuffix("/x"), contact="ops@example.org", version="1")
        outcome = asked.read_day(DAY, now=NOW).outcome
        asked.close()
    assert isinstance(outcome, Failed)
    assert outcome.reason.count("no address") == 2


def test_a_redirect_to_the_same_page_is_followed_but_not_for_ever(
    httpserver: HTTPServer, source: HuggingFace
) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_data("", status=404)
    shown_page(httpserver, b"", status=301, headers={"Location": f"/papers/date/{DAY}/"})
    httpserver.expect_request(f"/papers/date/{DAY}/").respond_with_data(page(props(item())))
    assert isinstance(source.read_day(DAY, now=NOW).outcome, Papers)

    shown_page(
        httpserver, b"", date(2026, 9, 29), status=301, headers={"Location": "/papers/date/2026-09-29"}
    )
    outcome = source.read_day(date(2026, 9, 29), now=NOW).outcome
    assert isinstance(outcome, Failed)
    assert "circles" in outcome.reason


def test_a_passing_error_is_tried_again(httpserver: HTTPServer, source: HuggingFace) -> None:
    httpserver.expect_ordered_request("/api/daily_papers").respond_with_data("", status=502)
    httpserver.expect_ordered_request("/api/daily_papers").respond_with_data("[", status=200)
    httpserver.expect_ordered_request(f"/papers/date/{DAY}").respond_with_data("", status=500)
    httpserver.expect_ordered_request(f"/papers/date/{DAY}").respond_with_data(page(props(item())))
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Papers)
    assert reading.tier is Tier.EMBEDDED


def test_a_refusal_ends_the_read_with_the_moment_to_come_back(
    httpserver: HTTPServer, source: HuggingFace, notebook: Notebook
) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_data(
        "", status=429, headers={"RateLimit": '"api";r=0;t=55', "Retry-After": "9"}
    )
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Failed)
    assert reading.outcome.retry_at == NOW + timedelta(seconds=55)
    assert notebook.held == {"api": NOW + timedelta(seconds=55)}
    assert len(httpserver.log) == 1


def test_the_last_allowed_request_is_believed_and_the_next_held_back(
    httpserver: HTTPServer, source: HuggingFace, notebook: Notebook
) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_json(
        many(2), headers={"RateLimit": '"api";r=0;t=120'}
    )
    assert isinstance(source.read_day(DAY, now=NOW).outcome, Papers)
    assert notebook.held == {"api": NOW + timedelta(seconds=120)}


def test_an_allowance_that_is_used_up_asks_nothing(
    httpserver: HTTPServer, source: HuggingFace, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_at = NOW + timedelta(minutes=2)
    monkeypatch.setattr(notebook, "take", lambda kind, *, now: free_at)
    reading = source.read_day(DAY, now=NOW)
    assert isinstance(reading.outcome, Failed)
    assert reading.outcome.retry_at == free_at
    assert httpserver.log == []


def test_every_request_counts_against_its_own_allowance(
    httpserver: HTTPServer, source: HuggingFace, notebook: Notebook
) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_data("", status=500)
    shown_page(httpserver, page(props(item())))
    source.read_day(DAY, now=NOW)
    assert notebook.taken == ["api", "api", "api", "pages"]


def test_a_known_answer_is_asked_for_conditionally_and_unchanged_means_the_same_papers(
    httpserver: HTTPServer, source: HuggingFace, notebook: Notebook
) -> None:
    httpserver.expect_request("/api/daily_papers", headers={"If-None-Match": '"v1"'}).respond_with_data(
        "", status=304
    )
    httpserver.expect_request("/api/daily_papers").respond_with_json(many(2), headers={"ETag": '"v1"'})
    first = source.read_day(DAY, now=NOW)
    (kept,) = first.raw
    assert kept.etag == '"v1"'
    notebook.known[kept.url] = kept
    second = source.read_day(DAY, now=NOW)
    assert second.outcome == first.outcome
    assert second.raw == ()


def test_unchanged_without_anything_known_is_no_answer(httpserver: HTTPServer, source: HuggingFace) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_data("", status=304)
    shown_page(httpserver, b"", status=304)
    outcome = source.read_day(DAY, now=NOW).outcome
    assert isinstance(outcome, Failed)
    assert "nothing is stored" in outcome.reason


def test_the_answers_are_kept_as_they_came(httpserver: HTTPServer, source: HuggingFace) -> None:
    httpserver.expect_request("/api/daily_papers").respond_with_data("<html>no</html>")
    shown_page(httpserver, page(props(item())))
    raw = source.read_day(DAY, now=NOW).raw
    assert [(answer.tier, answer.status) for answer in raw] == [(Tier.API, 200), (Tier.EMBEDDED, 200)]
    assert raw[0].body == b"<html>no</html>"


def test_a_token_is_sent_and_stands_in_no_error_or_raw_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request(
        "/api/daily_papers", headers={"Authorization": "Bearer hf_canary"}
    ).respond_with_json(many(1))
    source = HuggingFace(httpserver.url_for(""), contact="x", version="1", token="hf_canary")
    reading = source.read_day(DAY, now=NOW)
    source.close()
    assert isinstance(reading.outcome, Papers)
    assert "hf_canary" not in repr(reading)


def test_a_day_to_come_is_not_asked_for(httpserver: HTTPServer, source: HuggingFace) -> None:
    assert isinstance(source.read_day(NOW.date() + timedelta(days=1), now=NOW).outcome, Failed)
    assert httpserver.log == []


def test_a_source_that_is_down_is_an_outcome_not_an_exception() -> None:
    source = HuggingFace("http://127.0.0.1:9", contact="x", version="1", sleep=lambda _seconds: None)
    reading = source.read_day(DAY, now=NOW)
    source.close()
    assert isinstance(reading.outcome, Failed)
    assert "the connection was refused" in reading.outcome.reason
