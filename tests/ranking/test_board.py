"""What papers say of keywords: all pairs at once, each as if it were asked for alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import material
from digest.model import Profile, ReasonKind, Weight
from digest.ranking.board import Board
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.naming import NAMED_TERMS
from digest.ranking.shares import ALL, LESS, MANNERS, MORE, OWN, Said
from digest.ranking.terms import words_of_term
from digest.ranking.vocabulary import Vocabulary
from tests.scores import score_all

PAPERS = material.papers(12, seed=3)
CORPUS = Corpus.build(material.papers(200))
PROFILES = material.profiles(20)


def read_board(corpus: Corpus = CORPUS) -> Board:
    """A board that was asked in two portions, names and fed-back terms among the keywords."""
    board = Board(PAPERS, corpus, Vocabulary(corpus))
    board.vocabulary.keywords_of(PROFILES)
    board.read()
    names = f'author:"{PAPERS[0].authors[0]}", title:agents'
    board.vocabulary.keywords_of([Profile(0, 0, "names", names, parse_profile(names))])
    board.vocabulary.fed_back([Weight("language model", 1.0)])
    board.read()
    return board


def said_by(board: Board, asked: Sequence[tuple[int, int, int]]) -> Sequence[Said]:
    """What is said of papers, units and manners."""
    return board.said(*np.array(asked, dtype=np.intp).T)


def strengths_of(board: Board, manner: int) -> NDArray[np.float64]:
    """Units × papers."""
    units = np.arange(len(board.vocabulary))
    return board.strengths(units, np.full(len(units), manner))


BOARD = read_board()
STRENGTHS = {manner: strengths_of(BOARD, manner) for manner in MANNERS}
PAIRS = list(product(range(len(PAPERS)), range(len(BOARD.vocabulary))))


@pytest.mark.parametrize("manner", MANNERS)
def test_what_is_said_adds_up_to_the_strength(manner: int) -> None:
    asked = [(row, unit, manner) for row, unit in PAIRS if STRENGTHS[manner][unit, row]]
    assert len(asked) > 20
    for (row, unit, _), said in zip(asked, said_by(BOARD, asked), strict=True):
        assert sum(strength for _, strength in said) == pytest.approx(STRENGTHS[manner][unit, row])


def test_what_is_related_counts_in_two_manners_alone() -> None:
    own, every, less, more = (STRENGTHS[manner] for manner in (OWN, ALL, LESS, MORE))
    assert np.array_equal(own, less)
    assert np.array_equal(every, more)
    assert np.any(every > own)


def test_a_pair_alone_is_told_as_among_thousands() -> None:
    asked = [(row, unit, manner) for row, unit in PAIRS for manner in (OWN, ALL)]
    together = said_by(BOARD, asked)
    assert [said_by(BOARD, [one])[0] for one in asked[::50]] == together[::50]


def test_related_papers_are_named_by_shared_terms_that_the_keyword_does_not_say() -> None:
    asked = [(row, unit, ALL) for row, unit in PAIRS if STRENGTHS[ALL][unit, row] > STRENGTHS[OWN][unit, row]]
    space, rows = CORPUS.space, BOARD.rows
    assert space is not None
    assert rows is not None
    shown = {term: place for place, term in enumerate(space.shown)}
    for (row, unit, _), [*_, (what, _)] in zip(asked, said_by(BOARD, asked), strict=True):
        terms = [] if what.term == "papers like it" else what.term.split(", ")
        assert len(terms) <= NAMED_TERMS
        relation = BOARD.vocabulary.relations[unit]
        assert relation is not None
        weights = dict(zip(relation.places.tolist(), relation.weights.tolist(), strict=True))
        shares = [weights[shown[term]] * space.idf[shown[term]] * rows[row, shown[term]] for term in terms]
        assert shares == sorted(shares, reverse=True)
        assert all(share > 0 for share in shares)
        said = [BOARD.vocabulary.units[unit].words, *map(words_of_term, terms)]
        assert len(frozenset().union(*said)) == sum(map(len, said))


def test_a_followed_name_is_told_by_its_field() -> None:
    [unit] = [place for place, one in enumerate(BOARD.vocabulary.units) if one.field == "author"]
    [[(what, strength)]] = said_by(BOARD, [(0, unit, OWN)])
    assert (what.kind, what.field) == (ReasonKind.AUTHOR, "author")
    assert strength == pytest.approx(STRENGTHS[OWN][unit, 0])


def test_without_a_space_of_terms_nothing_is_related() -> None:
    young = read_board(Corpus.build(PAPERS[:3]))
    [said] = said_by(young, [(0, 0, ALL)])
    assert all(what.kind is not ReasonKind.LEARNT for what, _ in said)
    assert np.array_equal(strengths_of(young, ALL), strengths_of(young, OWN))


def test_the_same_text_gives_the_same_evidence_wherever_it_stands() -> None:
    day, corpus, asked = material.candidates(30), Corpus.build(material.papers(300, seed=2)), PROFILES
    copies = [replace(day[0], paper=replace(day[0].paper, id=f"2605.{number:05}")) for number in range(15)]
    among = score_all([*day[1:8], *copies, *day[8:]], asked, corpus, now=material.NOW).raw[7:22]
    alone = score_all(copies[:1], asked, corpus, now=material.NOW).raw
    assert np.array_equal(among, np.repeat(alone, len(copies), axis=0))
