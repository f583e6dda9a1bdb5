"""How many relations are learnt."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from digest.ranking import kin
from digest.ranking.relations import Relation, learn_relations
from digest.ranking.space import Space
from digest.ranking.units import Unit


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes how many relations are learnt each time."""
    seen: list[int] = []

    def noted(units: Sequence[Unit], space: Space) -> list[Relation | None]:
        seen.append(len(units))
        return learn_relations(units, space)

    monkeypatch.setattr(kin, "learn_relations", noted)
    return seen
