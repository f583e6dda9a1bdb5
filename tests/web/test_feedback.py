"""More or less like this: by a button, seen, and taken back."""

from __future__ import annotations

from digest.model import FeedbackVerdict, Weight
from digest.ranking import parse_profile
from digest.store import feedback, profiles
from digest.store.database import reading
from digest.tokens import Purpose
from tests.web.conftest import Site


def test_feedback_takes_a_button_and_can_be_taken_back(site: Site) -> None:
    ada = site.join()
    paper = site.get("/api/trending").json()[0]["paper"]["id"]
    link = f"/f/{site.token(Purpose.FEEDBACK, ada.id)}/{paper}"

    def words() -> list[FeedbackVerdict]:
        with reading(site.engine) as session:
            return [one.verdict for one in feedback.of_subscriber(session, ada.id)]

    def learnt() -> tuple[Weight, ...]:
        with reading(site.engine) as session:
            return profiles.of_subscriber(session, ada.id, parse_profile)[0].weights

    assert "More like this</button>" in site.get(f"{link}/more").text
    assert words() == []
    assert "Noted" in site.post(f"{link}/more").text
    assert words() == [FeedbackVerdict.MORE]
    assert learnt()
    site.post(f"{link}/less")
    assert words() == [FeedbackVerdict.LESS]
    assert "Taken back" in site.post(f"{link}/undo").text
    assert words() == []
    assert not learnt()


def test_feedback_on_nothing_or_by_nobody_is_refused(site: Site) -> None:
    ada = site.join()
    token = site.token(Purpose.FEEDBACK, ada.id)
    paper = site.get("/api/trending").json()[0]["paper"]["id"]
    assert site.post(f"/f/{token}/none/more").status_code == 404
    assert site.post(f"/f/{token}/{paper}/love").status_code == 404
    assert site.post(f"/f/{site.token(Purpose.FEEDBACK, 999)}/{paper}/more").status_code == 404
    assert site.post(f"/f/{site.token(Purpose.UNSUBSCRIBE, ada.id)}/{paper}/more").status_code == 403
