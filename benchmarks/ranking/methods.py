"""The rankers compared: ours, and what existing tools do. Each scores a week's papers for many profiles."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi
from sklearn.feature_extraction.text import TfidfVectorizer

from digest.model import Candidate, Keyword, Paper, Profile
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from tests.scores import score_all

Scores = NDArray[np.float64]
Method = Callable[[Sequence[Paper], Sequence[Candidate], Sequence[str]], Scores]
"""Earlier papers, the week's candidates and profile texts → candidates × profiles."""


def ours(before: Sequence[Paper], week: Sequence[Candidate], texts: Sequence[str]) -> Scores:
    now = datetime.combine(max(one.day for one in week), time(23), tzinfo=UTC)
    profiles = [Profile(1, 1, "one", text, _keywords(text)) for text in texts]
    return score_all(week, profiles, Corpus.build(before), now=now).raw


def ours_by_words_alone(before: Sequence[Paper], week: Sequence[Candidate], texts: Sequence[str]) -> Scores:
    now = datetime.combine(max(one.day for one in week), time(23), tzinfo=UTC)
    profiles = [Profile(1, 1, "one", text, _keywords(text), learning=False) for text in texts]
    return score_all(week, profiles, Corpus.build(before), now=now).raw


def _keywords(text: str) -> tuple[Keyword, ...]:
    """Line by line, since many topics together may have more keywords than a person may ask for."""
    return tuple(dict.fromkeys(one for line in text.splitlines() for one in parse_profile(line)))


def substrings(_before: Sequence[Paper], week: Sequence[Candidate], texts: Sequence[str]) -> Scores:
    return _count(week, texts, lambda piece, text: text.count(piece))


def whole_words(_before: Sequence[Paper], week: Sequence[Candidate], texts: Sequence[str]) -> Scores:
    return _count(week, texts, lambda piece, text: len(re.findall(rf"\b{re.escape(piece)}\b", text)))


def tfidf_cosine(before: Sequence[Paper], week: Sequence[Candidate], texts: Sequence[str]) -> Scores:
    """As arxiv-sanity-lite sets it: words and pairs, sublinear, 20,000 features."""
    model = TfidfVectorizer(
        stop_words="english",
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        strip_accents="unicode",
    )
    model.fit([_text(paper) for paper in before])
    papers = model.transform([_text(one.paper) for one in week])
    return np.asarray((papers @ model.transform(texts).T).todense())


def bm25(before: Sequence[Paper], week: Sequence[Candidate], texts: Sequence[str]) -> Scores:
    """rank_bm25 over the week's papers with statistics of all earlier ones."""
    papers = [_tokens(_text(paper)) for paper in (*before, *(one.paper for one in week))]
    index = BM25Okapi(papers)
    score = cache(lambda token: index.get_scores([token])[len(before) :])
    return np.array([np.sum([score(token) for token in _tokens(text)], axis=0) for text in texts]).T


METHODS: dict[str, Method] = {
    "ours": ours,
    "ours, words alone": ours_by_words_alone,
    "substring count": substrings,
    "whole words": whole_words,
    "TF-IDF cosine": tfidf_cosine,
    "BM25": bm25,
}


def _count(week: Sequence[Candidate], texts: Sequence[str], hits: Callable[[str, str], int]) -> Scores:
    papers = [_text(one.paper).lower() for one in week]
    count = cache(lambda piece: np.array([hits(piece, paper) for paper in papers], dtype=float))
    pieces = [[piece.strip().lower() for piece in text.split(",") if piece.strip()] for text in texts]
    return np.array([np.sum([count(piece) for piece in group], axis=0) for group in pieces]).T


def _text(paper: Paper) -> str:
    return " ".join((paper.title, paper.abstract, *paper.source_keywords))


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
