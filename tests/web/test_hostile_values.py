"""Whatever a stranger writes into any parameter of any route: a plain answer, never a fault of ours.

The routes and their parameters are read from the application itself, so that a new one is tried too.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from pydantic import BaseModel, SecretStr
from sqlalchemy import Engine

from digest.config import FileSettings, Settings, SlackSettings, StoreSettings, WebSettings
from digest.house import House
from digest.store import listings
from digest.store.database import reading
from digest.tokens import Purpose
from digest.web.unstorable import IN_PLACE
from tests.web.conftest import SECRET, Site, fill
from tests.web.test_subscribing import WISHES, form_token

FORM = "application/x-www-form-urlencoded"
UNSTORABLE = {"nul": "a\x00b", "escape": "a\x1bb", "C1": "a\x85b", "surrogate": "a\ud800b"}
STRANGE = {
    "long": "x" * 1_000_000,
    "digits": "9" * 40,
    "superscript": "²",
    "first year": "0001-W01",
    "last day": "9999-12-31",
    "infinite": "inf",
    "no number": "nan",
    "percent": "%",
    "slashes": "../../etc/passwd",
    "right to left": "\u202e\u2066",
    "wide": "𝟙" * 50,
    "quotes": "'\";--<script>",
}


@dataclass(frozen=True)
class Place:
    """One parameter of one route: ``kind`` is path, query or form."""

    method: str
    path: str
    kind: str
    name: str


def places(site: Site) -> list[Place]:
    found = []
    for route in site.routes():
        takes = route.dependant
        named = [("path", one.name) for one in takes.path_params]
        named += [("query", one.name) for one in takes.query_params]
        for one in takes.body_params:
            model = one.field_info.annotation
            fields = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else None
            named += [("form", name) for name in fields or (one.name,)]
        found += [
            Place(method, route.path_format, kind, name)
            for method in sorted(route.methods or ())
            for kind, name in named
        ]
    return found


class Asker:
    """Asks with one strange value and everything else in order."""

    def __init__(self, site: Site) -> None:
        self.site = site
        one = site.join()
        numbers = {
            "/p/": Purpose.PREFERENCES,
            "/pause/": Purpose.PREFERENCES,
            "/u/": Purpose.UNSUBSCRIBE,
            "/f/": Purpose.FEEDBACK,
            "/back/": Purpose.BACK,
            "/feed/": Purpose.FEED,
            "/confirm/": Purpose.CONFIRM,
            "/d/": Purpose.DIGEST,
        }
        self.tokens = {prefix: site.token(purpose, one.id) for prefix, purpose in numbers.items()}
        self.form = WISHES | {"form": form_token(site), "title": "Robots", "term": "robot", "action": "save"}
        site.clock.later(seconds=5)
        with reading(site.engine) as session:
            self.paper = listings.of_day(session, date(2026, 10, 15))[0].paper_id
        self.hosts = (f"{one // 250}.{one % 250}" for one in itertools.count())

    def ask(self, place: Place, value: str) -> tuple[int, str]:
        token = next((one for prefix, one in self.tokens.items() if place.path.startswith(prefix)), "")
        sane = {
            "token": token,
            "paper_id": self.paper,
            "word": "more",
            "day": "2026-10-15",
            "name": "2026-W42" if "week" in place.path else "2026-10" if "month" in place.path else "1",
            "profile_id": "1",
        }
        path = place.path.replace(":path", "")
        for name, usual in sane.items():
            given = value if (place.kind, place.name) == ("path", name) else usual
            path = path.replace(f"{{{name}}}", _quoted(given))
        if place.kind == "path":
            path = path.replace(f"{{{place.name}}}", _quoted(value))
        if place.kind == "query":
            path += f"?q=diffusion&{place.name}={_quoted(value)}"
        if place.method == "GET":
            answer = self.site.get(path)
        else:
            fields = {**self.form, place.name: value} if place.kind == "form" else self.form
            headers = {"Content-Type": FORM, "X-Forwarded-For": f"10.{next(self.hosts)}.7"}
            body = urlencode(fields, doseq=True, errors="surrogatepass")
            answer = self.site.post(path, content=body.encode(), headers=headers)
        return answer.status_code, answer.text


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


@pytest.fixture
def asker(engine: Engine, tmp_path: Path) -> Asker:
    """On both databases: each refuses something the other takes."""
    settings = Settings(
        store=StoreSettings(url="sqlite://"),
        file=FileSettings(folder=tmp_path),
        slack=SlackSettings(enabled=True),
        web=WebSettings(
            base_url="https://digest.example.org",
            secret_keys=(SecretStr(SECRET),),
            sign_ups_per_hour=100_000,
            trusted_proxies=("198.51.100.7",),
        ),
    )
    fill(engine)
    return Asker(Site(House(settings, engine)))


def test_what_no_database_stores_is_refused_in_every_parameter_of_every_route(asker: Asker) -> None:
    tried = places(asker.site)
    assert {one.kind for one in tried} == {"path", "query", "form"}
    assert len(tried) > 60
    for place, (name, value) in itertools.product(tried, UNSTORABLE.items()):
        status, text = asker.ask(place, value)
        if name == "surrogate":  # a browser cannot send one: its bytes are no UTF-8 and arrive replaced
            assert status < 500, (place, name)
            continue
        assert 400 <= status < 500 or place.name in IN_PLACE, (place, name, status)
        assert status < 500, (place, name)
        assert status < 400 or status == 404 or "U+" in text or "invalid" in text, (place, name, text)


def test_no_strange_value_is_a_fault_of_ours(asker: Asker) -> None:
    for place, (name, value) in itertools.product(places(asker.site), STRANGE.items()):
        largest = 1_000_000 if place.kind == "form" else 60_000  # longer addresses no client here sends
        status, _ = asker.ask(place, value[:largest])
        assert status < 500, (place, name)
        if name == "long":
            assert status in {413, 414}, (place, status)
