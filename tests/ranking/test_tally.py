"""Many papers counted at once give what each gives by itself."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from digest.model import Paper
from digest.ranking.corpus import Corpus
from digest.ranking.saturation import FIELD_WEIGHTS
from digest.ranking.tally import tally
from digest.ranking.terms import Counts, Text, pair_term, plus, read, word_term
from digest.ranking.text import BREAK
from tests.naughty import NAUGHTY
from tests.ranking.test_sum import STORE

ODD = [
    Paper(
        "2605.90001",
        "Fine-tuning finetunes fine tuning",
        "Fine. Tuning; (of) C++ and β-VAE, 3D!",
        ("Kaiming He",),
    ),
    Paper("2605.90002", "", "", ()),
    Paper("2605.90003", "扩散 模型", "Policies policy 🤖 robots' robots", (), source_keywords=("a b", "b c")),
    *(Paper(f"2605.8{place:04d}", text, text) for place, text in enumerate(NAUGHTY)),
]


def alone(text: Text) -> dict[str, Counts]:
    """One paper's words and pairs, counted one by one."""
    counts: dict[str, Counts] = {}
    for place, field in enumerate(text.fields):
        folded = [word.folded for word in field]
        terms = [word_term(word) for word in folded if word != BREAK]
        terms += [pair_term(one, two) for one, two in pairwise(folded) if BREAK not in (one, two)]
        for term in terms:
            counts[term] = plus(counts.get(term, (0, 0, 0)), place, 1)
    return counts


def test_the_tally_counts_what_each_paper_counts_by_itself() -> None:
    texts = [read(paper) for paper in (*STORE, *ODD)]
    counted, lengths = tally(texts)
    for row, text in enumerate(texts):
        weighed = {term: np.dot(FIELD_WEIGHTS, counts) for term, counts in alone(text).items()}
        held = counted.pooled[row]
        assert {
            counted.terms[place]: value for place, value in zip(held.indices, held.data, strict=True)
        } == weighed
        assert lengths[row] == np.dot(FIELD_WEIGHTS, text.lengths)
    holding = dict(zip(counted.terms, counted.holding.tolist(), strict=True))
    assert holding == Counter(term for text in texts for term in alone(text))


def test_a_term_is_shown_as_it_was_first_written() -> None:
    counted, _ = tally([read(ODD[0])])
    assert dict(zip(counted.terms, counted.written, strict=True))["s:finetun"] == "fine tuning"


def test_nothing_to_count_is_no_error() -> None:
    counted, lengths = tally([])
    assert (counted.papers, counted.terms, len(lengths)) == (0, (), 0)
    assert Corpus.build([]).papers == 0


def test_what_is_related_stays_as_learnt_until_the_corpus_is_built_anew() -> None:
    built = Corpus.build(STORE[:120])
    assert built.add(STORE[120:]).space is built.space


def test_each_paper_is_given_its_own_counts() -> None:
    texts = [read(paper) for paper in (*STORE, *ODD)]
    counted, _ = tally(texts)
    for text, (places, counts) in zip(texts, counted.of_papers(), strict=True):
        found = {counted.terms[place]: tuple(one) for place, one in zip(places, counts.tolist(), strict=True)}
        assert found == alone(text)


def test_a_days_papers_weigh_by_the_lengths_known_then() -> None:
    built = Corpus.build(STORE[:120])
    before = built.rows(STORE[:3]).toarray()
    grown = built.add([Paper("2605.70001", "Long", "word " * 4_000)])
    assert (grown.rows(STORE[:3]).toarray() >= before).all()
    assert (grown.rows(STORE[:3]).toarray() > before).any()
    assert (built.rows(STORE[:3]).toarray() == before).all()
