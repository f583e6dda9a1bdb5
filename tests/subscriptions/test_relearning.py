"""What a word on a paper teaches: seen at the next ranking, undone with the word."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import Engine

from digest.errors import NotFound
from digest.model import Candidate, FeedbackVerdict, Paper, Profile
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.rank import rank
from digest.store import papers, profiles
from digest.store.database import reading, transaction
from digest.store.profiles import Draft
from digest.subscriptions import give_feedback, relearn, save_profile, take_back
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


def profile_of(engine: Engine, number: int) -> Profile:
    with reading(engine) as session:
        return profiles.of_subscriber(session, number, parse_profile)[0]


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
