"""Common words count a little less, for all that a profile asks for alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digest.model import Candidate, Paper, Profile, Weight
from digest.ranking.calibration import DEFAULT_BAR, enough_for
from digest.ranking.commonness import COMMON, commonness, evenness
from digest.ranking.corpus import Corpus
from digest.ranking.evidence import FOLLOW, TITLE_LEAST
from digest.ranking.language import parse_profile
from digest.ranking.saturation import FIELD_WEIGHTS, saturated
from digest.ranking.units import unit_of_keyword
from tests.ranking.test_sum import CORPUS, NOW
from tests.scores import score_all

COMMON_WORD, RARE_WORD = "image", "quokka"


@dataclass
class EqualTerms:
    """A store in which all terms are as common as each other."""

    idf: float
    mean_length: float = 200.0

    def idf_of_grams(self, grams: Sequence[tuple[str, ...]]) -> NDArray[np.float64]:
        return np.full(len(grams), self.idf)


def common(text: str, idf: float = 2.0) -> list[float]:
    return list(commonness([unit_of_keyword(one) for one in parse_profile(text)], EqualTerms(idf)))


def of_profile(*each: float, weights: Sequence[float] = ()) -> float:
    """The evenness of one profile whose keywords are so common."""
    owners = np.zeros(len(each), dtype=np.intp)
    return float(evenness(np.array(each), np.array(weights or [1.0] * len(each)), owners, 1)[0])


def score(asked: str, title: str, *, corpus: Corpus = CORPUS, weights: tuple[Weight, ...] = ()) -> float:
    """The evidence for a paper of that title, which nobody voted for."""
    paper = Candidate(Paper("2610.00001", title, "", ("Ada Lovelace",)), date(2026, 5, 19), 0, 1)
    profile = Profile(1, 1, "mine", asked, parse_profile(asked), learning=bool(weights), weights=weights)
    return float(score_all([paper], [profile], corpus, now=NOW).raw[0, 0])


def test_what_common_words_ask_for_counts_less_and_rare_words_count_in_full() -> None:
    assert of_profile(COMMON / 2) == of_profile(COMMON) == 1
    assert of_profile(0.3) < of_profile(0.2) < 1


def test_many_interests_are_no_commoner_than_one() -> None:
    assert of_profile(*[0.3] * 12) == pytest.approx(of_profile(0.3))
    assert of_profile(0.3, *[0.0] * 11) == 1


def test_keywords_say_how_common_a_profile_is_by_their_weight() -> None:
    assert of_profile(0.3, 0.0, weights=(9, 1)) < of_profile(0.3, 0.0, weights=(6, 4))


def test_half_a_sentence_is_about_as_common_as_its_words() -> None:
    [sentence] = common("robots that learn manipulation from few demonstrations of people")
    [word] = common("robots")
    assert 0.5 * word <= sentence <= word


def test_a_keyword_for_titles_alone_is_not_common() -> None:
    assert common("title:robots, robots")[0] == 0 < common("title:robots, robots")[1]


@given(st.floats(0, 12))
def test_however_common_a_word_a_title_that_names_it_reaches_the_default_bar(idf: float) -> None:
    """In a paper of mean length that has it nowhere else."""
    [value] = common("robots", idf)
    in_title = saturated(np.array(FIELD_WEIGHTS[:1]), np.ones(1))[0]
    evidence = of_profile(value) * in_title * max(idf, TITLE_LEAST)
    assert evidence >= enough_for(np.array([DEFAULT_BAR]))[0]


def test_papers_keep_their_order_beside_a_rarer_keyword() -> None:
    """A profile's keywords are all multiplied by the same."""
    alone = score(COMMON_WORD, "An image") / score(COMMON_WORD, "An image of an image")
    beside = f"{COMMON_WORD}, {RARE_WORD}"
    assert score(beside, "An image") / score(beside, "An image of an image") == pytest.approx(alone)
    assert score(beside, "An image") > score(COMMON_WORD, "An image")


def test_a_follow_counts_in_full_beside_common_words() -> None:
    assert score(f'{COMMON_WORD}, author:"Ada Lovelace"', "On rain") == pytest.approx(FOLLOW)


def test_what_was_fed_back_counts_as_much_less_as_the_keywords() -> None:
    fed = (Weight("rain", 1.0),)
    ratio = score(COMMON_WORD, "Rain", weights=fed) / score(RARE_WORD, "Rain", weights=fed)
    assert ratio == pytest.approx(of_profile(*commonness(
        [unit_of_keyword(one) for one in parse_profile(COMMON_WORD)], CORPUS
    ).tolist()))  # fmt: skip
    assert ratio < 1


def test_an_empty_store_knows_common_words_too() -> None:
    assert score("models", "Models", corpus=Corpus()) < score(RARE_WORD, "Quokka", corpus=Corpus())
