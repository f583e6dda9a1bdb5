"""What every request passes, and what nobody learns from an answer."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests
import structlog
from sqlalchemy import Engine

from digest.config import WebSettings
from digest.errors import ConfigError
from digest.tokens import Purpose
from digest.web import create_app
from digest.web.proxies import Proxies
from digest.web.safety import LARGEST_BODY
from digest.web.serving import bound, serving
from tests.web.conftest import Build, Site

TOKEN = "s3cret.t0ken"


def test_every_answer_carries_the_headers_that_keep_browsers_safe(site: Site) -> None:
    for path in ("/", "/nothing", "/api/days", "/subscribe", "/healthz"):
        headers = site.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["strict-transport-security"].startswith("max-age=")
        assert "set-cookie" not in headers


def test_pages_hold_no_inline_script_style_or_foreign_resource(site: Site) -> None:
    ada = site.join()
    for path in ("/", "/subscribe", "/search", f"/p/{site.token(Purpose.PREFERENCES, ada.id)}"):
        text = site.get(path).text
        assert "<style" not in text
        assert 'style="' not in text
        assert " onclick" not in text
        assert "<script>" not in text
        for piece in text.split('src="')[1:]:
            assert piece.startswith("/assets/")


def test_a_site_without_https_promises_none(build: Build) -> None:
    plain = build(base_url="http://127.0.0.1:8000")
    assert "strict-transport-security" not in plain.get("/").headers


def test_what_is_too_large_is_refused_before_it_is_read(site: Site) -> None:
    announced = site.post("/subscribe", data={"keywords": "x" * (LARGEST_BODY + 1)})
    assert announced.status_code == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert site.post("/subscribe", content=chunks(), headers=form).status_code == 413
    for length in ("many", "9" * 5_000):
        assert site.post("/subscribe", headers={"Content-Length": length}).status_code == 413


def test_head_is_get_without_a_body(site: Site) -> None:
    head, get = site.browser.head("/day/2026-10-15"), site.get("/day/2026-10-15")
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


def test_links_come_from_the_configured_address_whatever_the_host_header_says(site: Site) -> None:
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    for path in ("/", "/feed/trending.atom", "/feed/trending.json", "/subscribe"):
        assert "evil.example" not in site.get(path, headers=evil).text


def test_no_page_redirects_elsewhere(site: Site) -> None:
    for path in ("//evil.example", "/search?q=x&next=https://evil.example", "/\\evil.example", "/day/"):
        answer = site.get(path)
        assert "evil.example/" not in answer.headers.get("location", "")


@pytest.fixture
def log() -> io.StringIO:
    """What is logged, as it comes."""
    lines = io.StringIO()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(file=lines),
        cache_logger_on_first_use=False,
    )
    return lines


def test_the_log_has_one_line_a_request_without_tokens_and_addresses(site: Site, log: io.StringIO) -> None:
    ada = site.join()
    token = site.token(Purpose.PREFERENCES, ada.id)
    site.get(f"/p/{token}")
    site.post(f"/f/{token}/2610.1/more")
    site.get("/day/x%0d%0aforged", params={"q": "ada@example.org"})
    told = log.getvalue()
    assert "/p/***" in told
    assert "/f/***/2610.1/more" in told
    assert token not in told
    assert "ada@example.org" not in told
    assert len(told.splitlines()) == 3


def test_every_path_that_holds_a_token_is_masked_stored_nowhere_and_not_indexed(
    site: Site, log: io.StringIO
) -> None:
    robots = site.get("/robots.txt").text
    tried = set()
    for route in site.routes():
        before, found, after = route.path_format.replace("/feed/{name}", "/feed/{token}").partition("{token}")
        if not found:
            continue
        tried.add(before)
        for method in route.methods or ():
            answer = site.browser.request(method, before + TOKEN + after)
            assert answer.headers.get_list("cache-control") == ["no-store"], before
            assert "noindex" in answer.headers["x-robots-tag"], before
        assert f"Disallow: {before}\n" in robots
    assert len(tried) >= 8
    assert TOKEN not in log.getvalue()


def test_a_fault_of_ours_is_500_without_internals(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_engine: Engine) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("digest.web.desk.reading", broken)
    for path in ("/", "/api/days"):
        answer = site.get(path)
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        assert "Traceback" not in answer.text
        assert answer.headers["x-frame-options"] == "DENY"


def test_it_does_not_start_without_a_key_or_with_a_wrong_proxy(build: Build) -> None:
    with pytest.raises(ConfigError, match="secret_keys"):
        build(secret_keys=())
    with pytest.raises(ConfigError, match="trusted_proxies"):
        build(trusted_proxies=("nonsense",))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["1.2.3.4"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["9.9.9.9, 1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        ("10.0.0.1", ["9.9.9.9", "1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["1.2.3.4:5555"], "1.2.3.4"),
        ("10.0.0.1", ["[2001:db8::1]:5555"], "2001:db8::1"),
        ("10.0.0.1", ["nonsense"], "nonsense"),
        ("testclient", ["1.2.3.4"], "testclient"),
    ],
)
def test_who_asks_is_the_nearest_host_that_is_not_ours(peer: str, forwarded: list[str], client: str) -> None:
    assert Proxies.of(["10.0.0.0/8"]).client(peer, forwarded) == client


def test_it_serves_over_a_real_socket_and_stops(site: Site) -> None:
    with bound(WebSettings(port=0)) as listening:
        with serving(create_app(site.house), listening) as address:
            answer = requests.get(f"{address}/day/2026-10-15", timeout=60)
            assert answer.status_code == 200
            assert "server" not in answer.headers
            port = int(address.rpartition(":")[2])
        with closing(socket.socket()) as again:
            assert again.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_that_is_taken_is_named(site: Site) -> None:
    with bound(WebSettings(port=0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(ConfigError, match=str(port)) as taken:
            bound(WebSettings(port=port))
    assert "another port" in taken.value.remedy


@pytest.mark.parametrize(
    ("host", "remedy"), [("192.0.2.1", "no such address"), ("no.such.invalid", "web.host")]
)
def test_an_address_that_is_not_this_machines_is_no_matter_of_the_port(host: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=host) as refused:
        bound(WebSettings(host=host))
    assert remedy in refused.value.remedy
    assert "port" not in refused.value.remedy


def test_assets_are_kept_for_ever_and_robots_stay_away_from_tokens(site: Site) -> None:
    text = site.get("/").text
    path = text.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = site.get(path)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert "Disallow: /p/" in site.get("/robots.txt").text
