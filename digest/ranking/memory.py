"""What ranking remembers of one batch for the next, within a bound: keywords, and what papers say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from digest.model import Paper, Profile
from digest.ranking.board import Board
from digest.ranking.corpus import Corpus
from digest.ranking.shares import Phrasebook
from digest.ranking.vocabulary import Vocabulary

MOST_CELLS = 2_000_000
"""Papers × keywords remembered, three bytes each: most papers say nothing of most keywords. Of a day of 100
papers so many as 20,000 keywords."""
MOST_SAID = 100_000
"""What papers say of keywords, remembered: a hundred bytes each."""
MOST_KEYWORDS = 20_000
"""Keywords remembered, however few the papers: three kilobytes each, reached where readers share none."""
MOST_BOARDS = 64
"""Sets of papers remembered: those whose last digest was another day are shown other papers."""


class Memory:
    """The vocabulary, and a board for each set of papers. Forgetting changes no score."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self._forget()

    def board(self, papers: Sequence[Paper]) -> Board:
        """The board of these papers, as far as it was read. A paper is known by its number and revision."""
        cells = sum(board.cells for board in self._boards.values())
        if cells > MOST_CELLS or len(self._vocabulary) > MOST_KEYWORDS:
            self._forget()
        if sum(len(board.book) for board in self._boards.values()) > MOST_SAID:
            for board in self._boards.values():
                board.book = Phrasebook(len(board.extracts))
        key = tuple((paper.id, paper.revision) for paper in papers)
        found = self._boards.get(key)
        if found is None:
            for oldest in list(self._boards)[: len(self._boards) - MOST_BOARDS + 1]:
                del self._boards[oldest]
            found = self._boards[key] = Board(papers, self.corpus, self._vocabulary)
        return found

    def portions(self, papers: int, profiles: Sequence[Profile]) -> Iterator[slice]:
        """The profiles in portions whose keywords fit into memory together."""
        most = min(MOST_CELLS // max(papers, 1), MOST_KEYWORDS)
        start = keywords = 0
        for place, profile in enumerate(profiles):
            keywords += len(profile.keywords) + len(profile.weights)
            if keywords > most and place > start:
                yield slice(start, place)
                start, keywords = place, len(profile.keywords) + len(profile.weights)
        yield slice(start, len(profiles))

    def _forget(self) -> None:
        self._vocabulary = Vocabulary(self.corpus)
        self._boards: dict[tuple[tuple[str, int], ...], Board] = {}


_left: list[Memory] = []
"""What the last run of this process remembered, until another takes it."""


@contextmanager
def lasting(corpus: Corpus) -> Iterator[Memory]:
    """The memory of this process's last run, where the statistics are the same still, left to its next.

    Runs at the same time remember apart. What a failed run remembered is let go.
    """
    taken = [_left.pop()] if _left else []
    memory = taken[0] if taken and taken[0].corpus is corpus else Memory(corpus)
    yield memory
    _left[:] = [memory]
