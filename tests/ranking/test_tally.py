"""Many papers counted at once give what each gives by itself."""

from __future__ import annotations

from collections import Counter

import numpy as np

from digest.model import Paper
from digest.ranking.corpus import Corpus
from digest.ranking.evidence import FIELD_WEIGHTS
from digest.ranking.tally import read_all, tally
from digest.ranking.terms import STEMMED, count_words_and_pairs, read
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


def test_the_tally_counts_what_each_paper_counts_by_itself() -> None:
    texts = [read(paper) for paper in (*STORE, *ODD)]
    counted, lengths = tally(texts)
    for row, text in enumerate(texts):
        alone = {
            term: sum(weight * times for weight, times in zip(FIELD_WEIGHTS, counts, strict=True))
            for term, counts in text.always.items()
            if term.startswith(STEMMED)
        }
        held = counted.pooled[row]
        assert {
            counted.terms[place]: value for place, value in zip(held.indices, held.data, strict=True)
        } == alone
        assert lengths[row] == np.dot(FIELD_WEIGHTS, text.lengths)
    assert counted.held() == Counter(
        term for text in texts for term in text.always if term.startswith(STEMMED)
    )


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


def test_papers_read_together_count_what_each_counts_by_itself() -> None:
    read.cache_clear()
    assert [text.always for text in read_all([*STORE, *ODD])] == [
        count_words_and_pairs(read(paper)) for paper in (*STORE, *ODD)
    ]


def test_a_days_papers_weigh_by_the_lengths_known_then() -> None:
    built = Corpus.build(STORE[:120])
    before = built.rows(STORE[:3]).toarray()
    grown = built.add([Paper("2605.70001", "Long", "word " * 4_000)])
    assert (grown.rows(STORE[:3]).toarray() >= before).all()
    assert (grown.rows(STORE[:3]).toarray() > before).any()
    assert (built.rows(STORE[:3]).toarray() == before).all()
