"""More or less like this: by a button, seen, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pytest

from digest.model import FeedbackVerdict, Paper, Weight
from digest.ranking import feedback as learning
from digest.ranking.corpus import Corpus
from digest.ranking.feedback import learn_weights
from digest.ranking.language import parse_profile
from digest.store import feedback, profiles
from digest.store.database import reading, transaction
from digest.subscriptions import give_feedback
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


def while_learning(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen in the middle of the first learning."""
    waiting = [happens]

    def slow(
        liked: Sequence[Paper], disliked: Sequence[Paper], corpus: Corpus, *, forgotten: Collection[str]
    ) -> tuple[Weight, ...]:
        if waiting:
            waiting.pop()()
        return learn_weights(liked, disliked, corpus, forgotten=forgotten)

    monkeypatch.setattr(learning, "learn_weights", slow)


def test_what_is_said_during_the_learning_is_stored_and_learnt_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be stored at all only while the learning holds no transaction."""
    ada = site.join()
    first, second = (one["paper"]["id"] for one in site.get("/api/trending").json()[:2])
    token = site.token(Purpose.FEEDBACK, ada.id)

    def weights() -> tuple[Weight, ...]:
        with reading(site.engine) as session:
            return profiles.of_subscriber(session, ada.id, parse_profile)[0].weights

    def another() -> None:
        with transaction(site.engine) as session:
            give_feedback(session, ada.id, second, FeedbackVerdict.LESS, site.clock())

    while_learning(monkeypatch, another)
    assert site.post(f"/f/{token}/{first}/more").status_code == 200
    with reading(site.engine) as session:
        said = {one.paper_id: one.verdict for one in feedback.of_subscriber(session, ada.id)}
    assert said == {first: FeedbackVerdict.MORE, second: FeedbackVerdict.LESS}
    together = weights()
    assert site.post(f"/f/{token}/{second}/undo").status_code == 200
    assert weights() != together
    assert site.post(f"/f/{token}/{second}/less").status_code == 200
    assert weights() == together


def test_words_without_end_are_answered_with_try_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = site.join()
    paper = site.get("/api/trending").json()[0]["paper"]["id"]
    numbers = iter(range(100))

    def restless(
        liked: Sequence[Paper], disliked: Sequence[Paper], corpus: Corpus, *, forgotten: Collection[str]
    ) -> tuple[Weight, ...]:
        with transaction(site.engine) as session:
            give_feedback(session, ada.id, f"2610.{next(numbers):05}", FeedbackVerdict.LESS, site.clock())
        return learn_weights(liked, disliked, corpus, forgotten=forgotten)

    monkeypatch.setattr(learning, "learn_weights", restless)
    answer = site.post(f"/f/{site.token(Purpose.FEEDBACK, ada.id)}/{paper}/more")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
