"""Words → terms: what is counted in papers and looked up for keywords.

A term is a run of one or more words joined without blanks and stemmed as a whole, so that *fine-tuning*,
*fine tuning* and *finetuning* are one term; words before the last lose their plural. Each term carries a
mark for the way it is matched::

    s:finetun      stemmed, any capitals, of one or two words   (fine-tuned, Finetuning)
    l:texttoimag   the same of more words, however they are joined   (text-to-image)
    x:videogeneration   exact: not stemmed        ("video generation")
    c:rag          written in capitals            (RAG, not rag or drag)
    p:agent/1      a word that starts so, after so many words less one   (agent*)
    a:kaiminghe    author names, o:nvidia organisations

A term says all that decides what it finds, so that a keyword finds the same whoever else asks for what.
Counting is linear in the text whatever profiles exist: a run of words is followed as far as the longest
term has letters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import NamedTuple

from digest.model import Paper
from digest.ranking.text import BREAK, Word, in_capitals, is_acronym, singular, stem, words

STEMMED, LONG, EXACT, CAPITALS, PREFIX, AUTHOR, ORG = "s:", "l:", "x:", "c:", "p:", "a:", "o:"
TITLE, ABSTRACT, NAMED = 0, 1, 2
"""Where a term was counted: title, abstract, and the source's own keywords."""
ALWAYS_COUNTED = 2
"""Runs of up to two words are counted for every paper: the corpus keeps statistics of these."""
HEAD = 3
"""Letters of a term that a run of words must share before it is looked at closely: the shortest wildcard."""
TURNED = 3
"""Letters at the end of a run that a plural or a stem may turn into others: *ies* → *y*, *biliti* → *ble*."""

Counts = tuple[int, int, int]


def join(run: Sequence[str]) -> str:
    """The stemmed term of a run of folded words, without mark."""
    if len(run) == 1:
        return stem(run[0])
    return stem("".join([singular(word) for word in run[:-1]]) + run[-1])


def stemmed(run: Sequence[str]) -> str:
    """The term of a keyword of these folded words."""
    return (STEMMED if len(run) <= ALWAYS_COUNTED else LONG) + join(run)


def wildcard(run: Sequence[str]) -> str:
    """The term of a keyword of these folded words, of which the last may go on."""
    return f"{PREFIX}{join_exact(run[:-1])}{run[-1]}/{len(run)}"


def join_exact(run: Sequence[str]) -> str:
    """The term of a run of folded words that only loses plurals, without mark."""
    return "".join([singular(word) for word in run])


def runs(text: Sequence[str], longest: int) -> Iterator[Sequence[str]]:
    """All runs of 1 to ``longest`` words that do not reach across the end of a clause."""
    for start, word in enumerate(text):
        if word == BREAK:
            continue
        for end in range(start + 1, min(start + longest, len(text)) + 1):
            if text[end - 1] == BREAK:
                break
            yield text[start:end]


@dataclass(frozen=True, slots=True)
class Text:
    """A paper cut into words: one tuple for each of title, abstract and the source's keywords."""

    fields: tuple[tuple[Word, ...], tuple[Word, ...], tuple[Word, ...]]
    authors: tuple[tuple[str, ...], ...]
    organisation: tuple[tuple[str, ...], ...]

    @property
    def capitals(self) -> Iterator[tuple[str, int]]:
        """The terms of the words written in capitals, and where they stand."""
        for place, found in enumerate(self.fields):
            for word in found:
                if in_capitals(word.raw):
                    yield _capital(word.folded), place

    @property
    def lengths(self) -> Counts:
        title, abstract, named = (sum(1 for word in one if word.folded != BREAK) for one in self.fields)
        return title, abstract, named


def read(paper: Paper) -> Text:
    """The words of a paper."""
    named = words(", ".join(paper.source_keywords)) if paper.source_keywords else []
    organisation = paper.organisation
    names = (organisation.name, organisation.title) if organisation else ()
    return Text(
        (tuple(words(paper.title)), tuple(words(paper.abstract)), tuple(named)),
        tuple(_folded(author) for author in paper.authors),
        tuple(_folded(name) for name in names),
    )


def _folded(text: str) -> tuple[str, ...]:
    return tuple(word.folded for word in words(text) if word.folded != BREAK)


def names_and_capitals(text: Text) -> dict[str, Counts]:
    """The words in capitals, and every run of the authors' and the organisation's names (once)."""
    counts: dict[str, Counts] = {}
    for (term, place), times in Counter(text.capitals).items():
        counts[term] = plus(counts.get(term, NONE), place, times)
    marked = ((AUTHOR, text.authors), (ORG, text.organisation))
    return counts | dict.fromkeys((term for mark, found in marked for term in _names(mark, found)), (1, 0, 0))


@lru_cache(maxsize=50_000)
def word_term(word: str) -> str:
    return STEMMED + stem(word)


@lru_cache(maxsize=100_000)
def words_of_term(shown: str) -> frozenset[str]:
    """The stemmed words of a term as it is shown."""
    return frozenset(word_term(word) for word in shown.split())


@lru_cache(maxsize=100_000)
def pair_term(first: str, second: str) -> str:
    return STEMMED + join((first, second))


def typed(word: Word) -> str:
    """A word as a person would type it: small, but for acronyms."""
    return word.raw if is_acronym(word.raw) else word.raw.lower()


NONE: Counts = (0, 0, 0)


@lru_cache(maxsize=10_000)
def plus(counts: Counts, place: int, times: int) -> Counts:
    """So many more at one place; equal counts are one object."""
    title, abstract, named = counts
    return (
        title + times * (place == TITLE),
        abstract + times * (place == ABSTRACT),
        named + times * (place == NAMED),
    )


# --- what only some profiles ask for ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """The terms that some profile asks for beyond those always counted.

    ``heads`` are their first letters: a run of words whose letters start otherwise is never joined nor
    stemmed (a stem keeps the head of its word), so that long phrases and wildcards cost next to nothing.
    Whole terms have at most so many ``letters``; ``wild`` are the numbers of words that wildcards have.
    ``clues`` are, by term, letters that stand somewhere in the joined words of every paper that holds it.
    """

    clues: Mapping[str, str] = field(default_factory=dict)
    heads: frozenset[str] = frozenset()
    letters: int = 0
    wild: tuple[int, ...] = ()

    @classmethod
    def of(cls, terms: Iterable[str]) -> Wanted:
        """Those of the terms that are not always counted."""
        return cls._of({term: _clue(term) for term in terms if term.startswith((LONG, EXACT, PREFIX))})

    def within(self, text: str) -> Wanted:
        """The terms whose clues stand in the joined words of a paper: few, of many."""
        return self._of({term: clue for term, clue in self.clues.items() if clue in text})

    @classmethod
    def _of(cls, clues: Mapping[str, str]) -> Wanted:
        return cls(
            clues,
            frozenset(term[2 : 2 + HEAD] for term in clues),
            max((len(term) - 2 for term in clues if not term.startswith(PREFIX)), default=0),
            tuple({int(term.rpartition("/")[2]) for term in clues if term.startswith(PREFIX)}),
        )


def _clue(term: str) -> str:
    """What of a term is left where all words before it lost their plural and were joined."""
    body = term[2:].partition("/")[0]
    whole = term.startswith(EXACT) or (term.startswith(PREFIX) and body[-1:] not in _PLURAL)
    return body if whole else body[:-TURNED]


_PLURAL = frozenset("ies")
"""Letters that a plural may lose: a beginning that ends with another stands in the singular, too."""


def joined(folded: Sequence[str]) -> str:
    """The words of a field without plurals and blanks, clauses apart."""
    return "".join([singular(word) if word != BREAK else "\n" for word in folded])


class Openings(NamedTuple):
    """The first letters of each word of a field, and of the words joined from it on; a break has none."""

    words: tuple[str, ...]
    runs: tuple[str, ...]


def openings(folded: Sequence[str]) -> Openings:
    """By what letters the runs of a field may be known."""
    return Openings(
        tuple([intern(word[:HEAD]) if word != BREAK else "" for word in folded]),
        tuple([intern(_head(folded, place)) if word != BREAK else "" for place, word in enumerate(folded)]),
    )


def count_rare(
    fields: Sequence[Sequence[str]], begin: Sequence[Openings], wanted: Wanted
) -> dict[str, Counts]:
    """How often each wanted term stands in the folded words of title, abstract and keywords.

    ``begin`` are the ``openings`` of each field.
    """
    counts: dict[str, Counts] = {}
    for place, (folded, heads) in enumerate(zip(fields, begin, strict=True)):
        for term, times in Counter(_rare(folded, heads, wanted)).items():
            counts[term] = plus(counts.get(term, NONE), place, times)
    return counts


def _rare(folded: Sequence[str], begin: Openings, wanted: Wanted) -> Iterator[str]:
    heads = wanted.heads
    for place, (word, run) in enumerate(zip(*begin, strict=True)):
        if word in heads or run in heads:
            yield from _runs_from(folded, place, wanted)


@lru_cache(maxsize=100_000)
def _capital(folded: str) -> str:
    return CAPITALS + singular(folded)


def _head(folded: Sequence[str], place: int) -> str:
    head = singular(folded[place])
    while len(head) < HEAD and place + 1 < len(folded) and folded[place + 1] != BREAK:
        place += 1
        head += singular(folded[place])
    return head[:HEAD]


def _runs_from(folded: Sequence[str], place: int, wanted: Wanted) -> Iterator[str]:
    """The wanted terms of the runs that begin at a word."""
    before, most = 0, max(wanted.wild, default=0)
    for end in range(place + 1, len(folded) + 1):
        run = folded[place:end]
        whole, wild = before < wanted.letters, len(run) <= most
        if run[-1] == BREAK or not (whole or wild):
            return
        if whole:
            yield from (term for term in (EXACT + join_exact(run), LONG + join(run)) if term in wanted.clues)
        if wild:
            yield from _prefixes(run, wanted)
        before += len(singular(run[-1]))


def _prefixes(run: Sequence[str], wanted: Wanted) -> Iterator[str]:
    """Wildcards that begin the run, of as many words or more: ``supports*`` does not find *support such*."""
    before = join_exact(run[:-1])
    lengths = [words for words in wanted.wild if words >= len(run)]
    for end in range(1, len(run[-1]) + 1):
        found = (f"{PREFIX}{before}{run[-1][:end]}/{words}" for words in lengths)
        yield from (term for term in found if term in wanted.clues)


def _names(mark: str, found: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for name in found:
        for run in runs(name, len(name)):
            yield mark + "".join(run)
