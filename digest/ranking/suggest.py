"""Cold start: keywords proposed from papers, a BibTeX or RIS file, or a text. Nothing is kept but what a
person saves.

A term speaks for the examples when many of them hold it and few stored papers do: it is ordered by
``share among the examples · ln(share among the examples / share in the store)``, the term's part of the
Kullback–Leibler divergence (Carpineto et al. 2001). A pair wins over the words it is made of.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import rispy
from bibtexparser.entrypoint import parse_string

from digest.errors import ProfileError
from digest.model import Keyword, Paper
from digest.ranking.corpus import Corpus
from digest.ranking.stopwords import STOPWORDS
from digest.ranking.terms import read, written_words_and_pairs
from digest.ranking.text import BREAK, is_acronym

MOST = 8
"""Keywords proposed: as many as people write."""
PAIR_BONUS = 1.5
"""A pair of words says more than either; without it the commoner single words would win."""
_ID = re.compile(r"(?<!\d)(\d{4}\.\d{4,5})(?:v\d+)?(?!\d)")


def suggest(examples: Sequence[Paper], corpus: Corpus) -> tuple[Keyword, ...]:
    """At most ``MOST`` keywords that tell the examples from the store, best first."""
    held: Counter[str] = Counter()
    written: dict[str, str] = {}
    for paper in examples:
        found = dict(_terms(paper))
        held.update(found.keys())
        written.update(found)
    terms = [term for term, number in held.items() if number > 1 or len(examples) < 3]
    stored = corpus.frequencies.of(terms).tolist()
    ordered = sorted(
        zip(terms, stored, strict=True),
        key=lambda one: (
            -_worth(held[one[0]] / len(examples), one[1], corpus.papers, written[one[0]]),
            one[0],
        ),
    )
    return tuple(Keyword(text) for text in _distinct(written[term] for term, _ in ordered))


def _worth(share: float, stored: float, papers: int, written: str) -> float:
    elsewhere = (stored + 0.5) / (papers + 1)
    gain = share * math.log(share / elsewhere) if share > elsewhere else 0.0
    return gain * (PAIR_BONUS if " " in written else 1.0)


def _terms(paper: Paper) -> Iterable[tuple[str, str]]:
    for field in read(paper).fields:
        capitals = {word.folded: word.raw for word in field if is_acronym(word.raw)}
        for term, written in written_words_and_pairs([word.folded for word in field]):
            if _tells(written):
                yield term, " ".join(capitals.get(word, word) for word in written.split())


def _tells(written: str) -> bool:
    return not any(word in STOPWORDS or len(word) < 2 or word[0].isdigit() for word in written.split())


def _distinct(texts: Iterable[str]) -> list[str]:
    """The first ``MOST`` that share no word with an earlier one."""
    taken: list[str] = []
    used: set[str] = set()
    for text in texts:
        words = set(text.lower().split())
        if not words & used and text != BREAK:
            taken.append(text)
            used |= words
        if len(taken) == MOST:
            break
    return taken


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
