"""What a word on a paper teaches: seen at the next ranking, undone with the word."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import Engine

from digest.errors import NotFound
from digest.model import Candidate, FeedbackVerdict, Paper, Profile, Weight
from digest.ranking import feedback
from digest.ranking.corpus import Corpus
from digest.ranking.feedback import learn_weights
from digest.ranking.language import parse_profile
from digest.ranking.rank import rank
from digest.store import papers, profiles
from digest.store.database import reading, transaction
from digest.store.profiles import Draft
from digest.subscriptions import (
    forget_learnt,
    forget_term,
    give_feedback,
    judge,
    relearn,
    save_profile,
    take_back,
)
from tests.subscriptions.conftest import NOW, Subscribe

SUBJECTS = (
    "robot arm grasping policy dexterous hand demonstration",
    "speech voice speaker acoustic transcript audio recognition",
    "protein gene tissue antibody enzyme mutation membrane",
)


def made(number: int) -> Paper:
    words = SUBJECTS[number % 3].split()
    random.Random(number).shuffle(words)
    return Paper(f"2603.{number:05d}", " ".join(words[:4]).title(), f"{' '.join(words)}. Filler{number}.")


STORE = [made(number) for number in range(60)]
CORPUS = Corpus.build(STORE)
ROBOTS, SPEECH = STORE[0], STORE[1]


@pytest.fixture
def filled(engine: Engine) -> Engine:
    with transaction(engine) as session:
        papers.store(session, STORE, now=NOW)
    return engine


def profiles_of(engine: Engine, number: int) -> list[Profile]:
    with reading(engine) as session:
        return profiles.of_subscriber(session, number, parse_profile)


def profile_of(engine: Engine, number: int) -> Profile:
    return profiles_of(engine, number)[0]


def named(profile: Profile) -> set[str]:
    return {one.term for one in profile.weights}


def say(engine: Engine, number: int, paper: Paper, verdict: FeedbackVerdict | None) -> None:
    with transaction(engine) as session:
        if verdict is None:
            take_back(session, number, paper.id)
        else:
            give_feedback(session, number, paper.id, verdict, NOW)
        relearn(session, number, CORPUS)


def value(profile: Profile, paper: Paper) -> float:
    candidate = Candidate(paper, NOW.date(), 0, 1)
    [ranking] = rank([candidate], [profile], CORPUS, now=NOW, default_bar=0.1)
    return sum(one.score.value for one in ranking.chosen)


def test_a_word_moves_the_next_ranking_and_goes_with_the_word(filled: Engine, join: Subscribe) -> None:
    ada = join(profiles={"Robots": "grasping, voice"})
    before = profile_of(filled, ada.id)
    say(filled, ada.id, ROBOTS, FeedbackVerdict.MORE)
    taught = profile_of(filled, ada.id)
    assert taught.weights
    assert value(taught, ROBOTS) > value(before, ROBOTS)
    say(filled, ada.id, SPEECH, FeedbackVerdict.LESS)
    assert profile_of(filled, ada.id).weights != taught.weights
    say(filled, ada.id, SPEECH, None)
    assert profile_of(filled, ada.id) == taught
    say(filled, ada.id, ROBOTS, None)
    assert profile_of(filled, ada.id) == before


def test_a_forgotten_term_does_not_come_back_with_the_next_word(filled: Engine, join: Subscribe) -> None:
    ada = join(profiles={"Robots": "grasping", "Hands": "dexterous"})
    say(filled, ada.id, ROBOTS, FeedbackVerdict.MORE)
    term = profile_of(filled, ada.id).weights[0].term
    with transaction(filled) as session:
        forget_term(session, ada.id, profile_of(filled, ada.id).id, term)
    judge(filled, ada.id, STORE[3].id, FeedbackVerdict.MORE, CORPUS, NOW)
    say(filled, ada.id, STORE[6], FeedbackVerdict.MORE)
    robots, hands = (named(one) for one in profiles_of(filled, ada.id))
    assert (term in robots, term in hands) == (False, True)
    assert robots == hands - {term}


def test_a_term_forgotten_while_a_word_is_learnt_from_stays_forgotten(
    filled: Engine, join: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = join()
    say(filled, ada.id, ROBOTS, FeedbackVerdict.MORE)
    own = profile_of(filled, ada.id)
    learn = feedback.learn_weights

    def interrupted(*given: Any, **told: Any) -> tuple[Weight, ...]:
        with transaction(filled) as session:
            forget_term(session, ada.id, own.id, own.weights[0].term)
        return learn(*given, **told)

    monkeypatch.setattr(feedback, "learn_weights", interrupted)
    judge(filled, ada.id, STORE[3].id, FeedbackVerdict.MORE, CORPUS, NOW)
    assert own.weights[0].term not in named(profile_of(filled, ada.id))


def test_a_term_is_forgotten_however_the_store_writes_it_by_now() -> None:
    first, *others = learn_weights([ROBOTS], [], CORPUS)
    assert learn_weights([ROBOTS], [], CORPUS, forgotten={f"{first.term}s"}) == tuple(others)


def test_forgetting_all_lets_a_forgotten_term_be_learnt_again(filled: Engine, join: Subscribe) -> None:
    ada = join()
    say(filled, ada.id, ROBOTS, FeedbackVerdict.MORE)
    own = profile_of(filled, ada.id)
    with transaction(filled) as session:
        forget_term(session, ada.id, own.id, own.weights[0].term)
        forget_learnt(session, ada.id)
    say(filled, ada.id, ROBOTS, FeedbackVerdict.MORE)
    assert profile_of(filled, ada.id).weights == own.weights


def test_the_last_word_on_a_paper_is_the_one_that_teaches(filled: Engine, join: Subscribe) -> None:
    ada = join()
    say(filled, ada.id, ROBOTS, FeedbackVerdict.LESS)
    less = profile_of(filled, ada.id)
    say(filled, ada.id, ROBOTS, FeedbackVerdict.MORE)
    assert (
        min(one.weight for one in less.weights)
        < 0
        < max(one.weight for one in profile_of(filled, ada.id).weights)
    )


def test_a_profile_that_may_not_learn_is_left_alone(filled: Engine, join: Subscribe) -> None:
    ada = join()
    mine = profile_of(filled, ada.id)
    draft = Draft(mine.name, mine.text, learning=False)
    with transaction(filled) as session:
        save_profile(session, ada.id, mine.id, draft, NOW)
    say(filled, ada.id, ROBOTS, FeedbackVerdict.MORE)
    assert not profile_of(filled, ada.id).weights


def test_one_who_is_gone_is_told_so(engine: Engine) -> None:
    with transaction(engine) as session, pytest.raises(NotFound):
        relearn(session, 999, CORPUS)
