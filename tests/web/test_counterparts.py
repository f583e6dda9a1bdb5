"""Every kind of page before the W3C's own HTML checker (``npm ci`` in ``tests/counterparts``, and Java)."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest.bootstrap import prepare_rules
from digest.links import make_links
from digest.model import FeedbackVerdict, Weight
from digest.pipeline.prepare import prepare
from digest.ranking.language import parse_profile
from digest.store import digests, profiles
from digest.store.database import reading, transaction
from digest.subscriptions import give_feedback
from digest.tokens import Purpose
from tests.web.conftest import KEYS, Site

pytestmark = pytest.mark.counterpart

CHECKER = Path(__file__).parent.parent / "counterparts/node_modules/vnu-jar/build/dist/vnu.jar"


def teach(engine: Engine, number: int, paper: str, site: Site) -> None:
    """Leave weights and a word, so that their lists are on the page."""
    with transaction(engine) as session:
        [own] = profiles.of_subscriber(session, number, parse_profile)
        profiles.set_weights(session, own.id, [Weight("grasping", 1.5), Weight("survey", -2.0)])
        give_feedback(session, number, paper, FeedbackVerdict.MORE, site.clock())


def pages(site: Site) -> dict[str, str]:
    """Name → HTML of every kind of page."""
    ada = site.join(profiles={"Robots": "robot learning, manipulation, diffusion"})
    new = site.join(address="new@example.org", confirmed=False)
    assert ada.next_due_at is not None
    site.clock.now = ada.next_due_at + timedelta(minutes=1)
    prepare(site.engine, prepare_rules(site.house.settings), now=site.clock())
    with reading(site.engine) as session:
        [made] = digests.of_subscriber(session, ada.id)
    paper = made.entries[0].paper_id
    teach(site.engine, ada.id, paper, site)
    links = make_links(KEYS, "", subscriber_id=ada.id, digest_id=made.id, at=site.clock())
    confirm = f"/confirm/{site.token(Purpose.CONFIRM, new.id)}"
    profile = f"{links.preferences}/profiles/1"
    edit = {"title": "Robots", "keywords": "robot learning, audio, zyzzyva", "bar": "3", "limit": "9"}
    wishes = {"keywords": "robot learning, diffusion", "bar": "3", "address": "x"}
    opened = {
        "today": "/",
        "day": "/day/2026-10-15",
        "week": "/week/2026-W42",
        "month": "/month/2026-10",
        "trending": "/trending",
        "search": "/search?q=diffusion",
        "search without an answer": "/search?q=zyzzyva",
        "search refused": "/search?q=%22",
        "paper": f"/paper/{paper}",
        "subscribe": "/subscribe",
        "subscribe with keywords": "/subscribe?keywords=robot+learning",
        "lost link": "/link",
        "api": "/api",
        "confirm": confirm,
        "preferences": links.preferences,
        "erase": f"{links.preferences}/erase",
        "pause": links.pause,
        "leave": links.unsubscribe,
        "digest": links.digest_page,
        "feedback": f"{links.feedback}/{paper}/more",
        "nothing": "/nothing",
        "broken link": "/p/broken",
    }
    found = {name: site.get(path).text for name, path in opened.items()}
    sent = {
        "subscribe refused": ("/subscribe/try", wishes | {"weekdays": "0"}),
        "profile tried": (profile, edit | {"action": "try"}),
        "profile refused": (profile, edit | {"keywords": '"open'}),
        "fed back": (f"{links.feedback}/{paper}/less", {}),
        "confirmed": (confirm, {}),
        "goodbye": (links.unsubscribe, {}),
        "foreign form": ("/link", {}),
    }
    for name, (path, values) in sent.items():
        headers = {"Sec-Fetch-Site": "cross-site"} if name == "foreign form" else {}
        found[name] = site.post(path, data=values, headers=headers).text
    return found


def test_no_page_has_an_html_error(site: Site, tmp_path: Path) -> None:
    """Errors and warnings of all pages at once: the checker takes seconds to start."""
    java = shutil.which("java")
    if java is None or not CHECKER.is_file():
        pytest.skip("Java or the checker is not installed (npm ci in tests/counterparts)")
    folder = tmp_path / "pages"
    folder.mkdir()
    found = pages(site)
    for name, text in found.items():
        assert "<h1" in text, name
        (folder / f"{name.replace(' ', '-')}.html").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [java, "-jar", str(CHECKER), "--format", "json", "--skip-non-html", str(folder)],
        capture_output=True,
        timeout=300,
        check=False,
    )
    said = [
        f"{Path(one['url']).name}:{one.get('lastLine')}: {one['message']} {one.get('extract', '')!r}"
        for one in json.loads(done.stderr)["messages"]
    ]
    assert said == []
    assert len(list(folder.iterdir())) == len(found)
