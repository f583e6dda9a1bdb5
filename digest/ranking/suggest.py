"""Cold start: keywords proposed from papers, a BibTeX or RIS file, or a text. Nothing is kept but what a
person saves.

One paper says much that is said nowhere else, and no keyword is made of that. So the stored papers nearest to
the examples are taken as more of the same (pseudo-relevance feedback, as in ``relations.py``), and a term
that the examples hold is ordered by

    mean saturated frequency · ln(share of these papers that hold it / share of the store),

near the term's part of the Kullback–Leibler divergence (Carpineto et al. 2001). Terms are phrases of up to
three words that stand together in an example: *direct preference optimization* is proposed whole. Phrases
that hardly any stored paper holds are none of the space, and are not proposed. A store too young to have one
orders the words and pairs said more than once by frequency and rarity alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import rispy
from bibtexparser.entrypoint import parse_string
from numpy.typing import NDArray
from scipy import sparse

from digest.errors import ProfileError
from digest.model import Keyword, Paper
from digest.ranking.corpus import Corpus
from digest.ranking.lone_words import lone_share
from digest.ranking.relations import unit_length
from digest.ranking.saturation import FIELD_WEIGHTS, saturated
from digest.ranking.space import Rows, Space
from digest.ranking.stopwords import STOPWORDS
from digest.ranking.terms import ABSTRACT, pair_term, read, typed, word_term
from digest.ranking.text import Word, is_acronym

MOST = 8
"""Keywords proposed: as many as people write."""
LONGEST = 3
"""Words of a proposed phrase."""
NEAREST = 25
"""Stored papers taken as more of the same, together with the examples: as many as teach what is related. With
10 more rare terms come through, with 50 the topic blurs."""
WORD_BONUS = 1.1
"""Each further word of a phrase says more; from 1 to 1.25 the measured quality is the same."""
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what cannot be read is told by our errors
_ID = re.compile(r"(?<!\d)(\d{4}\.\d{4,5})(?:v\d+)?(?!\d)")


class Phrase(NamedTuple):
    """Telling words that stand together: their terms, and those the store counts (the word, or the pairs)."""

    words: tuple[str, ...]
    grams: tuple[str, ...]


@dataclass(slots=True)
class _Said:
    """How the examples say a phrase: as first written, how often (a title counts twice), for what share."""

    written: str
    times: float = 0.0
    share: float = 0.0


def suggest(examples: Sequence[Paper], corpus: Corpus) -> tuple[Keyword, ...]:
    """At most ``MOST`` keywords that tell the examples and papers like them from the store, best first."""
    said = _said(examples)
    worth = _near_worth(said, examples, corpus) or _own_worth(said, len(examples), corpus)
    ordered = sorted(worth, key=lambda phrase: (-worth[phrase], said[phrase].written))
    return tuple(Keyword(said[phrase].written) for phrase in _distinct(ordered))


def _said(examples: Sequence[Paper]) -> dict[Phrase, _Said]:
    """The phrases of the examples."""
    found: dict[Phrase, _Said] = {}
    for paper in examples:
        for place, field in enumerate(read(paper).fields):
            for run in _runs(field):
                said = found.setdefault(_phrase(run), _Said(" ".join(map(typed, run))))
                said.times += FIELD_WEIGHTS[place]
                said.share = max(said.share, _share(run, place))
    return found


def _runs(field: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """The runs of 1 to ``LONGEST`` words that stand together, all of them telling."""
    for start in range(len(field)):
        for end in range(start + 1, min(start + LONGEST, len(field)) + 1):
            if not _tells(field[end - 1]):
                break
            yield field[start:end]


def _tells(word: Word) -> bool:
    return len(word.raw) > 1 and not word.raw[0].isdigit() and word.raw.lower() not in STOPWORDS


def _phrase(run: Sequence[Word]) -> Phrase:
    words = tuple(word_term(word.folded) for word in run)
    pairs = tuple(pair_term(first.folded, second.folded) for first, second in pairwise(run))
    return Phrase(words, pairs or words)


def _share(run: Sequence[Word], place: int) -> float:
    """What a phrase counts that stands in this field."""
    if place != ABSTRACT or len(run) > 1 or is_acronym(run[0].raw):
        return 1.0
    return lone_share(run[0].folded)


def _near_worth(said: dict[Phrase, _Said], examples: Sequence[Paper], corpus: Corpus) -> dict[Phrase, float]:
    """What each phrase of the space says of the examples and of the stored papers nearest to them."""
    space = corpus.space
    known = [phrase for phrase in said if all(gram in space.index for gram in phrase.grams)] if space else []
    if space is None or not known:
        return {}
    rows = corpus.rows(examples)
    near = _held(known, sparse.vstack([rows, space.saturated[_nearest(rows, space)]]).tocsr(), space)
    stored = _held(known, space.saturated, space)
    often = np.asarray((stored > 0).mean(axis=0)).ravel() + 0.5 / stored.shape[0]
    gain = np.log(np.maximum(np.asarray((near > 0).mean(axis=0)).ravel(), 1e-9) / often)
    counts = np.array([said[one].share * WORD_BONUS ** (len(one.words) - 1) for one in known])
    worth = np.asarray(near.mean(axis=0)).ravel() * gain * counts
    return {phrase: one for phrase, one in zip(known, worth.tolist(), strict=True) if one > 0}


def _held(phrases: Sequence[Phrase], rows: Rows, space: Space) -> Rows:
    """Papers × phrases: saturated frequencies; of three words that of the pair said less often."""
    first, last = ([space.index[phrase.grams[end]] for phrase in phrases] for end in (0, -1))
    return rows[:, first].minimum(rows[:, last]).tocsr()


def _nearest(rows: Rows, space: Space) -> NDArray[np.intp]:
    """The stored papers most like the examples, by their terms and by their latent directions alike."""
    weighted = space.weigh(rows)
    terms = unit_length(np.asarray(weighted.mean(axis=0), dtype=np.float32).ravel())
    latent = unit_length(space.project(weighted).mean(axis=0))
    return np.argsort(-(space.weighted @ terms + space.latent @ latent), kind="stable")[:NEAREST]


def _own_worth(said: dict[Phrase, _Said], examples: int, corpus: Corpus) -> dict[Phrase, float]:
    """Without a space: words and pairs said more than once, and seldom elsewhere."""
    kept = [phrase for phrase, one in said.items() if len(phrase.grams) == 1 and one.times > 1]
    times = np.array([said[phrase].times for phrase in kept])
    often = saturated(times / examples, np.ones(len(kept)))
    counts = np.array([said[one].share * WORD_BONUS ** (len(one.words) - 1) for one in kept])
    worth = often * corpus.frequencies.idf([phrase.grams[0] for phrase in kept]) * counts
    return {phrase: one for phrase, one in zip(kept, worth.tolist(), strict=True) if one > 0}


def _distinct(phrases: Iterable[Phrase]) -> list[Phrase]:
    """The first ``MOST`` of which at least half the words stand in no earlier one."""
    taken: list[Phrase] = []
    used: set[str] = set()
    for phrase in phrases:
        words = set(phrase.words)
        if 2 * len(words - used) >= len(words):
            taken.append(phrase)
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
    """The entries of an RIS file as papers: title, abstract and keywords are read.

    Raises:
        ProfileError: there is no entry with a title.
    """
    entries = rispy.loads(text, skip_unknown_tags=True)
    papers = []
    for number, entry in enumerate(entries):
        title = entry.get("title") or entry.get("primary_title") or ""
        abstract = entry.get("abstract") or entry.get("notes_abstract") or ""
        keywords = ",".join(entry.get("keywords", ()))
        papers.append(_paper(number, {"title": title, "abstract": abstract, "keywords": keywords}))
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
