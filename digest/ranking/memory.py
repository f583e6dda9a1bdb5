"""What ranking remembers of one batch for the next, within a bound: keywords, and what papers say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from digest.model import Paper, Profile
from digest.ranking.board import Board
from digest.ranking.corpus import Corpus
from digest.ranking.shares import Phrasebook
from digest.ranking.vocabulary import Vocabulary

MOST_CELLS = 2_000_000
"""Papers × keywords remembered: 29 bytes each. Of a day of 100 papers so many as 20,000 keywords."""
MOST_SAID = 100_000
"""What papers say of keywords, remembered: half a kilobyte each."""


class Memory:
    """The vocabulary of one run, and a board for each set of papers. Forgetting changes no score."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self._forget()

    def board(self, papers: Sequence[Paper]) -> Board:
        """The board of these papers, as far as it was read. A paper is known by its number and revision."""
        if sum(board.cells for board in self._boards.values()) > MOST_CELLS:
            self._forget()
        if sum(len(board.book) for board in self._boards.values()) > MOST_SAID:
            for board in self._boards.values():
                board.book = Phrasebook(len(board.extracts))
        key = tuple((paper.id, paper.revision) for paper in papers)
        found = self._boards.get(key)
        if found is None:
            found = self._boards[key] = Board(papers, self.corpus, self._vocabulary)
        return found

    def portions(self, papers: int, profiles: Sequence[Profile]) -> Iterator[slice]:
        """The profiles in portions whose keywords fit into memory together."""
        most = MOST_CELLS // max(papers, 1)
        start = keywords = 0
        for place, profile in enumerate(profiles):
            keywords += len(profile.keywords) + len(profile.weights)
            if keywords > most and place > start:
                yield slice(start, place)
                start, keywords = place, len(profile.keywords) + len(profile.weights)
        yield slice(start, len(profiles))

    def _forget(self) -> None:
        self._vocabulary = Vocabulary(self.corpus.relations)
        self._boards: dict[tuple[tuple[str, int], ...], Board] = {}
