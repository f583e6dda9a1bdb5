"""Cold start: keywords proposed from papers, a BibTeX or RIS file, or a text. Nothing is kept but what a
person saves.

One paper says much that is said nowhere else, and no keyword is made of that. So the stored papers nearest to
the examples are taken as more of the same (pseudo-relevance feedback, as in ``relations.py``), and a term
that the examples hold is ordered by

    mean saturated frequency · ln(share of these papers that hold it / share of the store),

near the term's part of the Kullback–Leibler divergence (Carpineto et al. 2001). Terms that hardly any stored
paper holds are none of the space, and are not proposed. A store too young to have one orders the terms said
more than once by frequency and rarity alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import rispy
from bibtexparser.entrypoint import parse_string
from numpy.typing import NDArray
from scipy import sparse

from digest.errors import ProfileError
from digest.model import Keyword, Paper
from digest.ranking.corpus import Corpus
from digest.ranking.relations import unit_length
from digest.ranking.saturation import FIELD_WEIGHTS, saturated
from digest.ranking.space import Rows, Space
from digest.ranking.stopwords import STOPWORDS
from digest.ranking.terms import read, word_term, written_words_and_pairs

MOST = 8
"""Keywords proposed: as many as people write."""
NEAREST = 25
"""Stored papers taken as more of the same, together with the examples: as many as teach what is related. With
10 more rare terms come through, with 50 the topic blurs."""
PAIR_BONUS = 1.25
"""A pair of words says more than either; with 1 to 1.5 the measured quality is the same."""
_ID = re.compile(r"(?<!\d)(\d{4}\.\d{4,5})(?:v\d+)?(?!\d)")


def suggest(examples: Sequence[Paper], corpus: Corpus) -> tuple[Keyword, ...]:
    """At most ``MOST`` keywords that tell the examples and papers like them from the store, best first."""
    written = _written(examples)
    worth = _near_worth(list(written), examples, corpus) or _own_worth(examples, corpus)
    worth = {term: one * (PAIR_BONUS if " " in written[term] else 1.0) for term, one in worth.items()}
    ordered = sorted(worth, key=lambda term: (-worth[term], term))
    return tuple(Keyword(text) for text in _distinct(written[term] for term in ordered))


def _near_worth(terms: Sequence[str], examples: Sequence[Paper], corpus: Corpus) -> dict[str, float]:
    """What each term of the space says of the examples and of the stored papers nearest to them."""
    space = corpus.space
    known = {term: space.index[term] for term in terms if term in space.index} if space else {}
    if space is None or not known:
        return {}
    places = list(known.values())
    rows = corpus.rows(examples)
    near = sparse.vstack([rows, space.saturated[_nearest(rows, space)]]).tocsr()[:, places]
    share = np.asarray((near > 0).mean(axis=0)).ravel()
    stored = np.asarray((space.saturated[:, places] > 0).mean(axis=0)).ravel()
    gain = np.log(share / (stored + 0.5 / space.saturated.shape[0]))
    worth = np.asarray(near.mean(axis=0)).ravel() * gain
    return {term: one for term, one in zip(known, worth.tolist(), strict=True) if one > 0}


def _nearest(rows: Rows, space: Space) -> NDArray[np.intp]:
    """The stored papers most like the examples, by their terms and by their latent directions alike."""
    weighted = space.weigh(rows)
    terms = unit_length(np.asarray(weighted.mean(axis=0), dtype=np.float32).ravel())
    latent = unit_length(space.project(weighted).mean(axis=0))
    return np.argsort(-(space.weighted @ terms + space.latent @ latent), kind="stable")[:NEAREST]


def _own_worth(examples: Sequence[Paper], corpus: Corpus) -> dict[str, float]:
    """Without a space: what is said more than once, a title counting twice, and seldom elsewhere."""
    said: Counter[str] = Counter()
    for paper in examples:
        for weight, field in zip(FIELD_WEIGHTS, read(paper).fields, strict=True):
            for term, written in written_words_and_pairs(field):
                said[term] += int(weight) if _tells(written) else 0
    terms = [term for term, times in said.items() if times > 1]
    often = saturated(np.array([said[term] / len(examples) for term in terms]), np.ones(len(terms)))
    return dict(zip(terms, (often * corpus.frequencies.idf(terms)).tolist(), strict=True))


def _written(examples: Sequence[Paper]) -> dict[str, str]:
    """The terms of the examples that tell something, each as it was first written."""
    found: dict[str, str] = {}
    for paper in examples:
        for field in read(paper).fields:
            for term, written in written_words_and_pairs(field):
                if _tells(written):
                    found.setdefault(term, written)
    return found


def _tells(written: str) -> bool:
    return not any(
        word in STOPWORDS or len(word) < 2 or word[0].isdigit() for word in written.lower().split()
    )


def _distinct(texts: Iterable[str]) -> list[str]:
    """The first ``MOST`` of which each has a word that no earlier one has."""
    taken: list[str] = []
    used: set[str] = set()
    for text in texts:
        words = {word_term(word) for word in text.lower().split()}
        if not words <= used:
            taken.append(text)
            used |= words
    return taken[:MOST]


def ids_in(text: str) -> list[str]:
    """The arXiv ids that stand in a text, in order, each once, without version."""
    return list(dict.fromkeys(_ID.findall(text)))


def papers_of_bibtex(text: str) -> list[Paper]:
    """The entries of a BibTeX file as papers: title, abstract and keywords are read.

    Raises:
        ProfileError: there is no entry with a title.
    """
    entries = parse_string(text).entries
    papers = [
        _paper(number, {field.key.lower(): str(field.value) for field in entry.fields})
        for number, entry in enumerate(entries)
    ]
    return _with_titles(papers, "BibTeX")


def papers_of_ris(text: str) -> list[Paper]:
    """The entries of an RIS file as papers.

    Raises:
        ProfileError: there is no entry with a title.
    """
    entries = rispy.loads(text, skip_unknown_tags=True)
    papers = []
    for number, entry in enumerate(entries):
        title = entry.get("title") or entry.get("primary_title") or ""
        papers.append(_paper(number, {"title": title, "abstract": entry.get("abstract", "")}))
    return _with_titles(papers, "RIS")


def paper_of_text(text: str) -> Paper:
    """A text as if it were a paper: its first line the title."""
    title, _, rest = text.strip().partition("\n")
    return Paper("text", " ".join(title.split()), " ".join(rest.split()))


def _paper(number: int, fields: dict[str, str]) -> Paper:
    words = fields.get("keywords", "").replace(";", ",").split(",")
    return Paper(
        f"example {number + 1}",
        " ".join(fields.get("title", "").strip("{}").split()),
        " ".join(fields.get("abstract", "").split()),
        source_keywords=tuple(word.strip() for word in words if word.strip()),
    )


def _with_titles(papers: Sequence[Paper], kind: str) -> list[Paper]:
    found = [paper for paper in papers if paper.title]
    if not found:
        raise ProfileError(
            f"the {kind} file holds no entry with a title",
            piece=kind,
            remedy="give arXiv ids or a text instead",
        )
    return found
