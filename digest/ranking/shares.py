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
from digest.model.separators import FIELDS
from digest.ranking.reasons import Floats, Ints


class What(NamedTuple):
    """A reason without its points."""

    kind: ReasonKind
    term: str
    field: Field | None = None
    related_to: str = ""


Said = Sequence[tuple[What, float]]
"""What a paper says of one unit, each with its strength."""
MANNERS = OWN, ALL, LESS, MORE = range(4)
"""In which a paper may speak of a unit: in its own words (``OWN``), or then of what is related to it as well
(``ALL``); of a term that was fed back in its own words where it is to count less, or then of what is related
to it where it is to count more. ``unit * len(MANNERS) + manner`` is a *voice*."""
_RELATED, _FED = 1, 2
"""The bits of a manner."""
Ask = Callable[[Ints, Ints, Ints], Sequence[Said]]
"""Papers, units and manners, and what the one says of the other."""
MOST_SAID = 4
"""Shares of one answer: a keyword in the title, in the abstract and elsewhere, and what is related to it."""
_FIELDS = (None, *Field)
FIELDS_TOLD = tuple(FIELDS + place_of(field) for field in _FIELDS)
"""What a share may begin with."""


def tell_related(manners: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which manners speak of what is related, too."""
    return np.asarray(manners & _RELATED > 0)


def is_fed(manner: int) -> bool:
    """Whether the term was fed back."""
    return manner & _FED > 0


class Phrasebook:
    """Numbers for what papers say of units; each is asked for once. ``votes`` is the number of the votes, and
    of the answer that says them; the answer ``nothing`` says nothing.

    By number stand the ``strengths``, by which of ``FIELDS_TOLD`` the share begins (``fields``), and in which
    line it is told (``lines``). By line, whoever shares it: what it begins with (``heads``,
    ``model/grounds.py``), in which turn it is told, whatever it weighs, and of which subject, which makes a
    ground.
    """

    votes, nothing = 0, 1

    def __init__(self, papers: int) -> None:
        self.strengths: Floats = np.zeros(0)
        self.fields: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self.lines: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self.heads = np.zeros(0, dtype=np.object_)
        self.turns, self.subjects = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        self._papers = papers
        self._lines: dict[str, int] = {}
        self._subjects: dict[str, int] = {}
        self._asked: Ints = np.full(1, -1)
        """Voices × papers: the places of those asked for, ascending, after one that is none."""
        self._answers: NDArray[np.int32] = np.zeros(1, dtype=np.int32)
        """Of each the number of its answer."""
        self._said: NDArray[np.int32] = np.zeros((0, MOST_SAID), dtype=np.int32)
        """Of each answer the numbers of what it says; -1 behind them."""
        self._learn([[(What(ReasonKind.VOTES, "votes"), 1.0)], []])

    def __len__(self) -> int:
        return len(self.strengths)

    def answers(self, rows: Ints, voices: Ints, ask: Ask) -> NDArray[np.int32]:
        """What these papers say in these voices, pair by pair; what was not asked for yet is."""
        places = voices * self._papers + rows
        at, known = self._find(places)
        if not known.all():
            self._hear(np.unique(places[~known]), ask)
            at, _ = self._find(places)
        return self._answers[at]

    def numbers(self, answers: NDArray[np.int32]) -> tuple[Ints, NDArray[np.int32]]:
        """What answers say, one after the other: which of them, and the number."""
        said = self._said.take(answers, axis=0).ravel()
        places = np.flatnonzero(said >= 0)
        return places // MOST_SAID, said.take(places)

    def _find(self, places: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Where each place stands among those asked for, and whether it does."""
        at = np.searchsorted(self._asked, places)
        return at, self._asked.take(at, mode="clip") == places

    def _hear(self, unknown: Ints, ask: Ask) -> None:
        """Ask what is said at places that were not asked for yet."""
        voices, rows = np.divmod(unknown, self._papers)
        units, manners = np.divmod(voices, len(MANNERS))
        before = np.searchsorted(self._asked, unknown)
        self._answers = np.insert(self._answers, before, self._learn(ask(rows, units, manners)))
        self._asked = np.insert(self._asked, before, unknown)

    def _learn(self, said: Sequence[Said]) -> Ints:
        """Number what is said; give the answers."""
        whats = [what for one in said for what, _ in one]
        counts = np.array([len(one) for one in said], dtype=np.intp)
        answers = len(self._said) + np.arange(len(said))
        numbers = np.full((len(said), MOST_SAID), -1)
        numbers[np.arange(MOST_SAID) < counts[:, None]] = len(self.strengths) + np.arange(len(whats))
        self._said = _grown(self._said, numbers)
        self.strengths = _grown(self.strengths, [strength for one in said for _, strength in one])
        self.fields = _grown(self.fields, [_FIELDS.index(what.field) for what in whats])
        self.lines = _grown(self.lines, self._lines_of(whats))
        return answers

    def _lines_of(self, whats: Sequence[What]) -> list[int]:
        """The line of each; a new one where nothing was told in it yet."""
        known, lines, new = len(self._lines), [], {}
        for what in whats:
            head = head_of(what.kind, what.term, what.related_to)
            lines.append(self._lines.setdefault(head, len(self._lines)))
            if lines[-1] >= known:
                new[head] = what
        self.heads = _grown(self.heads, list(new))
        self.turns = _grown(self.turns, [_turn(what) for what in new.values()])
        self.subjects = _grown(self.subjects, [self._subject(what) for what in new.values()])
        return lines

    def _subject(self, what: What) -> int:
        """The number of the keyword, or of what sums all of its kind up."""
        if what.kind in SUMMED_UP:
            return SUMMED_UP.index(what.kind)
        return len(SUMMED_UP) + self._subjects.setdefault(what.term, len(self._subjects))


def _turn(what: What) -> int:
    return 1 + SUMMED_UP.index(what.kind) if what.kind in SUMMED_UP else 0


def _grown(column: NDArray[Any], more: object) -> NDArray[Any]:
    return np.concatenate([column, np.array(more, dtype=column.dtype)])
