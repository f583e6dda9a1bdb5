"""What speaks for papers, and for how many points: many papers and profiles at once, as arrays.

What a paper says of a keyword does not depend on who asks, so it is looked up once and kept as a number;
a score's reasons are then such numbers with weights, which ``reasons.share_out`` cuts into tenths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.model import Field, ReasonKind
from digest.model.grounds import SUMMED_UP, head_of, place_of
from digest.model.separators import FIELDS, GROUNDS, LINES
from digest.ranking.reasons import Floats, Ints, spans


class What(NamedTuple):
    """A reason without its points."""

    kind: ReasonKind
    term: str
    field: Field | None = None
    related_to: str = ""


Said = Sequence[tuple[What, float]]
"""What a paper says of one unit, each with its strength."""
MANNERS = HITS, FED, NEAR = range(3)
"""In which a paper may speak of a unit: of its words, of the same as fed back, of what is related to it."""
Ask = Callable[[Ints, Ints, Ints], Sequence[Said]]
"""Papers, units and manners, and what the one says of the other."""
_FIELDS = (None, *Field)
FIELDS_TOLD = tuple(FIELDS + place_of(field) for field in _FIELDS)
"""What a share may begin with."""


class Phrasebook:
    """Numbers for what papers say of units; each is asked for once. ``votes`` is the number of the votes.

    By number stand the ``strengths``, and how each is told (``model/grounds.py``): in which turn, whatever it
    weighs; of which subject, which makes a ground; in which line of it; what the line begins with (``heads``:
    inside a ground, and where one begins); and by which of ``FIELDS_TOLD`` the share does (``fields``).
    """

    votes = 0

    def __init__(self, papers: int) -> None:
        self.strengths: Floats = np.zeros(0)
        self.turns, self.subjects, self.lines, self.fields = (np.zeros(0, dtype=np.intp) for _ in range(4))
        self.heads = np.zeros((0, 2), dtype=np.object_)
        self.whats: list[What] = []
        self._names: dict[tuple[str, ...], int] = {}
        self._answers = np.zeros((len(MANNERS), 0, papers), dtype=np.int32)
        """Manners × units × papers: which answer, 0 where none was asked for yet."""
        self._starts = np.zeros(1, dtype=np.intp)
        self._counts = np.zeros(1, dtype=np.intp)
        """Of each answer its first number, and how many there are."""
        self._learn([[(What(ReasonKind.VOTES, "votes"), 1.0)]])

    def __len__(self) -> int:
        return len(self.whats)

    def look_up(self, rows: Ints, units: Ints, manners: Ints, ask: Ask) -> tuple[Ints, Ints]:
        """What these papers say of these units, one after the other: which of those asked, and the number."""
        self._make_room(int(units.max(initial=-1)) + 1)
        places = np.ravel_multi_index((manners, units, rows), self._answers.shape)
        answers = self._answers.take(places)
        unknown = np.unique(places[answers == 0])
        if len(unknown):
            manner, unit, row = np.unravel_index(unknown, self._answers.shape)
            self._answers.flat[unknown] = self._learn(ask(row, unit, manner))
            answers = self._answers.take(places)
        return spans(self._starts[answers], self._counts[answers])

    def _make_room(self, units: int) -> None:
        manners, known, papers = self._answers.shape
        if units > known:
            more = np.zeros((manners, units - known, papers), dtype=np.int32)
            self._answers = np.concatenate([self._answers, more], axis=1)

    def _learn(self, said: Sequence[Said]) -> Ints:
        """Number what is said; give the answers."""
        whats = [what for one in said for what, _ in one]
        counts = np.array([len(one) for one in said], dtype=np.intp)
        starts = len(self.whats) + np.cumsum(counts) - counts
        answers = len(self._starts) + np.arange(len(said))
        told = np.array([self._place(what) for what in whats], dtype=np.intp).reshape(-1, 4)
        heads = [head_of(what.kind, what.term, what.related_to) for what in whats]
        parted = np.array([[LINES + head, GROUNDS + head] for head in heads], dtype=np.object_).reshape(-1, 2)
        self._starts, self._counts = _grown(self._starts, starts), _grown(self._counts, counts)
        self.strengths = _grown(self.strengths, [strength for one in said for _, strength in one])
        self.turns, self.subjects = _grown(self.turns, told[:, 0]), _grown(self.subjects, told[:, 1])
        self.lines = _grown(self.lines, told[:, 2])
        self.fields = _grown(self.fields, told[:, 3])
        self.heads = _grown(self.heads, parted)
        self.whats += whats
        return answers

    def _place(self, what: What) -> tuple[int, int, int, int]:
        """Turn, subject, line and field."""
        field = _FIELDS.index(what.field)
        names = self._names
        line = names.setdefault((what.kind, what.term, what.related_to), len(names))
        if what.kind in SUMMED_UP:
            return 1 + SUMMED_UP.index(what.kind), names.setdefault((what.kind, ""), len(names)), line, field
        return 0, names.setdefault((what.term,), len(names)), line, field


def _grown(column: NDArray[Any], more: object) -> NDArray[Any]:
    return np.concatenate([column, np.array(more, dtype=column.dtype)])
