"""What keywords of one space of terms are related to, remembered: learnt when first asked for.

Corpora that differ only in papers counted in since share one ``Kin``. What is remembered goes by the mark of
what a keyword asks for, so that the store can keep it for other processes: ``unknown`` says of which keywords
nothing is remembered, ``recall`` takes what the store has of them, ``take_learnt`` gives what it has not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from threading import Lock

from digest.model import Keyword, Profile
from digest.ranking.relations import Relation, RelationFormatError, learn_relations, mark_of
from digest.ranking.space import Space
from digest.ranking.units import Unit, term_unit, unit_of_keyword

MOST_REMEMBERED = 20_000
"""Relations kept in memory, about a kilobyte each: memory must not grow with the number of subscribers."""


class Kin:
    """Relations by mark, the oldest giving way. May be asked by several threads."""

    def __init__(self) -> None:
        self._known: dict[str, Relation | None] = {}
        self._learnt: dict[str, Relation | None] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, units: Sequence[Unit], space: Space | None) -> list[Relation | None]:
        """What each unit is related to; learnt for units not seen before, remembered for the others."""
        if space is None:
            return [None] * len(units)
        marks = [mark_of(unit) for unit in units]
        known: dict[str, Relation | None] = {"": None}
        with self._lock:
            known |= {mark: self._known[mark] for mark in marks if mark in self._known}
        new = {mark: unit for mark, unit in zip(marks, units, strict=True) if mark not in known}
        learnt = dict(zip(new, learn_relations(list(new.values()), space), strict=True))
        self._remember(learnt)
        with self._lock:
            self._learnt.update(learnt)
            _shorten(self._learnt)
        known |= learnt
        return [known[mark] for mark in marks]

    def unknown(self, profiles: Iterable[Profile]) -> list[str]:
        """The marks of the keywords, and of terms that were fed back, of which nothing is remembered."""
        asking = list(profiles)
        keywords = {keyword for profile in asking for keyword in profile.keywords}
        fed = {one.term for profile in asking if profile.learning for one in profile.weights}
        marks = {_mark_of_keyword(keyword) for keyword in keywords} | {_mark_of_term(one) for one in fed}
        with self._lock:
            return sorted(mark for mark in marks - {""} if mark not in self._known)

    def recall(self, kept: Mapping[str, bytes]) -> list[str]:
        """Remember relations that were kept; no bytes say that nothing is related. The marks of those that
        are damaged are given back.
        """
        read: dict[str, Relation | None] = {}
        damaged = []
        for mark, body in kept.items():
            try:
                read[mark] = Relation.from_bytes(body) if body else None
            except RelationFormatError:
                damaged.append(mark)
        self._remember(read)
        return damaged

    def take_learnt(self) -> dict[str, bytes]:
        """What was learnt since this was last asked, for the store."""
        with self._lock:
            learnt, self._learnt = self._learnt, {}
        return {mark: relation.to_bytes() if relation else b"" for mark, relation in learnt.items()}

    def _remember(self, relations: Mapping[str, Relation | None]) -> None:
        with self._lock:
            self._known.update(relations)
            _shorten(self._known)


def _shorten(relations: dict[str, Relation | None]) -> None:
    for mark in list(islice(relations, max(len(relations) - MOST_REMEMBERED, 0))):
        del relations[mark]


@lru_cache(maxsize=20_000)
def _mark_of_keyword(keyword: Keyword) -> str:
    return mark_of(unit_of_keyword(keyword))


@lru_cache(maxsize=20_000)
def _mark_of_term(text: str) -> str:
    return mark_of(term_unit(text))
