"""Words → terms: what is counted in papers and looked up for keywords.

A term is a run of one or more words joined without blanks and stemmed as a whole, so that *fine-tuning*,
*fine tuning* and *finetuning* are one term; words before the last lose their plural. Each term carries a
mark for the way it is matched::

    s:finetun      stemmed, any capitals          (fine-tuned, Finetuning)
    x:videogeneration   exact: not stemmed        ("video generation")
    c:rag          written in capitals            (RAG, not rag or drag)
    p:agent        a word that starts so          (agent*)
    a:kaiminghe    author names, o:nvidia organisations

Counting is linear in the text whatever profiles exist: a text of w words has at most n·w runs of up to n
words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from digest.model import Paper
from digest.ranking.text import BREAK, Word, in_capitals, singular, stem, words

STEMMED, EXACT, CAPITALS, PREFIX, AUTHOR, ORG = "s:", "x:", "c:", "p:", "a:", "o:"
TITLE, ABSTRACT, NAMED = 0, 1, 2
"""Where a term was counted: title, abstract, and the source's own keywords."""
ALWAYS_COUNTED = 2
"""Runs of up to two words are counted for every paper: the corpus keeps statistics of these."""
HEAD = 3
"""Letters of a term that a run of words must share before it is looked at closely: the shortest wildcard."""
READ_KEPT = 3_000
"""Papers kept as words and counts: 90 days of Daily Papers, at most about 120 MB when all are asked for."""

Counts = tuple[int, int, int]


def join(run: Sequence[str]) -> str:
    """The stemmed term of a run of folded words, without mark."""
    if len(run) == 1:
        return stem(run[0])
    return stem("".join([singular(word) for word in run[:-1]]) + run[-1])


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


@dataclass(frozen=True, eq=False)
class Text:
    """A paper cut into words: one tuple for each of title, abstract and the source's keywords. Equal only to
    itself: ``read`` keeps one for a paper.
    """

    fields: tuple[tuple[Word, ...], tuple[Word, ...], tuple[Word, ...]]
    authors: tuple[tuple[str, ...], ...]
    organisation: tuple[tuple[str, ...], ...]

    @cached_property
    def always(self) -> dict[str, Counts]:
        """What is counted for every profile; kept, because a day's papers are scored many times."""
        return count_words_and_pairs(self)

    @cached_property
    def heads(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """The first letters of the run that starts at each word, and of the word; kept as ``always`` is."""
        return tuple(_heads(field) for field in self.fields)

    @cached_property
    def capitals(self) -> tuple[tuple[str, ...], ...]:
        """The terms of the words written in capitals."""
        return tuple(
            tuple(_capital(word.folded) for word in field if in_capitals(word.raw)) for field in self.fields
        )

    @property
    def is_counted(self) -> bool:
        return "always" in self.__dict__

    def remember(self, counts: dict[str, Counts]) -> None:
        """Take ``always`` from one who counted many papers at once."""
        self.__dict__["always"] = counts

    @cached_property
    def lengths(self) -> Counts:
        title, abstract, named = (sum(1 for word in field if word.folded != BREAK) for field in self.fields)
        return title, abstract, named


@lru_cache(maxsize=READ_KEPT)
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """The terms that some profile asks for beyond those always counted.

    ``heads`` are their first letters: a run of words whose letters start otherwise is never joined nor
    stemmed (a stem keeps the head of its word), so that long phrases and wildcards cost next to nothing.
    """

    terms: frozenset[str] = frozenset()
    longest: int = 0
    heads: frozenset[str] = frozenset()
    prefixes: bool = False

    @classmethod
    def of(cls, terms: Iterable[tuple[str, int]]) -> Wanted:
        """Of terms with their numbers of words."""
        rare = {
            term: words
            for term, words in terms
            if term.startswith((EXACT, CAPITALS, PREFIX))
            or (words > ALWAYS_COUNTED and term.startswith(STEMMED))
        }
        runs = {term: words for term, words in rare.items() if not term.startswith(CAPITALS)}
        heads = frozenset(term[2 : 2 + HEAD] for term in runs)
        prefixes = any(term.startswith(PREFIX) for term in runs)
        return cls(frozenset(rare), max(runs.values(), default=0), heads, prefixes)


def count(text: Text, wanted: Wanted | None = None) -> dict[str, Counts]:
    """How often each term occurs, as ``[title, abstract, named]``.

    Counted are all stemmed words and pairs, of the other terms those wanted, and every run of an author's or
    organisation's name (once).
    """
    counts = dict(text.always)
    if wanted is not None and wanted.terms:
        for place, field in enumerate(text.fields):
            for term, times in Counter(_rare(text, place, field, wanted)).items():
                counts[term] = _plus(counts.get(term, _NONE), place, times)
    return counts


def count_words_and_pairs(text: Text) -> dict[str, Counts]:
    """All stemmed words and pairs as ``[title, abstract, named]``, and the runs of names (once)."""
    counts: dict[str, Counts] = {}
    for place, field in enumerate(text.fields):
        for term, times in Counter(_words_and_pairs([word.folded for word in field])).items():
            counts[term] = _plus(counts.get(term, _NONE), place, times)
    return counts | names(text)


def names(text: Text) -> dict[str, Counts]:
    """The runs of authors' and the organisation's names, each once."""
    marked = ((AUTHOR, text.authors), (ORG, text.organisation))
    return dict.fromkeys((term for mark, found in marked for term in _names(mark, found)), (1, 0, 0))


_NONE: Counts = (0, 0, 0)


@lru_cache(maxsize=10_000)
def _plus(counts: Counts, place: int, times: int) -> Counts:
    """One more count; equal ones are one object, so that a paper's counts take little memory."""
    title, abstract, named = counts
    return (
        title + times * (place == TITLE),
        abstract + times * (place == ABSTRACT),
        named + times * (place == NAMED),
    )


@lru_cache(maxsize=300_000)
def word_term(word: str) -> str:
    return STEMMED + stem(word)


@lru_cache(maxsize=600_000)
def pair_term(first: str, second: str) -> str:
    return STEMMED + join((first, second))


def _words_and_pairs(folded: Sequence[str]) -> Iterator[str]:
    before = BREAK
    for word in folded:
        if word != BREAK:
            yield word_term(word)
            if before != BREAK:
                yield pair_term(before, word)
        before = word


def written_words_and_pairs(folded: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The terms of a text with the words they were made of."""
    before = BREAK
    for word in folded:
        if word != BREAK:
            yield word_term(word), word
            if before != BREAK:
                yield pair_term(before, word), f"{before} {word}"
        before = word


def _rare(text: Text, field: int, content: Sequence[Word], wanted: Wanted) -> Iterator[str]:
    yield from (term for term in text.capitals[field] if term in wanted.terms)
    heads = wanted.heads
    starts = (
        [place for place, (run, word) in enumerate(text.heads[field]) if run in heads or word in heads]
        if heads
        else []
    )
    if starts:
        folded = [word.folded for word in content]
        for place in starts:
            yield from _runs_from(folded, place, wanted)


def _heads(content: Sequence[Word]) -> tuple[tuple[str, str], ...]:
    folded = [word.folded for word in content]
    return tuple(
        _pair(_head(folded, place), word[:HEAD]) if word != BREAK else _pair(BREAK, BREAK)
        for place, word in enumerate(folded)
    )


@lru_cache(maxsize=100_000)
def _pair(run: str, word: str) -> tuple[str, str]:
    """Equal pairs are one object."""
    return run, word


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
    for end in range(place + 1, min(place + wanted.longest, len(folded)) + 1):
        if folded[end - 1] == BREAK:
            return
        run = folded[place:end]
        terms = [EXACT + join_exact(run)]
        if len(run) > ALWAYS_COUNTED:
            terms.append(STEMMED + join(run))
        yield from (term for term in terms if term in wanted.terms)
        if wanted.prefixes:
            yield from _prefixes(run, wanted)


def _prefixes(run: Sequence[str], wanted: Wanted) -> Iterator[str]:
    before = "".join([singular(word) for word in run[:-1]])
    for end in range(1, len(run[-1]) + 1):
        term = PREFIX + before + run[-1][:end]
        if term in wanted.terms:
            yield term


def _names(mark: str, found: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for name in found:
        for run in runs(name, len(name)):
            yield mark + "".join(run)
