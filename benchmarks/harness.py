"""What every benchmark shares: contests timed in turns, rows of the budget table, their verdicts.

Machines are noisy and differ; ratios within one run are what counts. The contestants of a row take
turns, so that a slow minute of the machine falls on all of them, and the median of the turns is kept.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Contestant = Callable[[], object]
LEAST_SECONDS = 0.05
"""A turn repeats a quick contestant until it took this long: the clock's grain must not show."""


@dataclass(frozen=True, slots=True)
class Budget:
    """A ratio with what it must keep. ``first`` binds, ``moonshot`` is where we go."""

    says: str
    value: float
    first: float
    moonshot: float | None = None
    at_most: bool = True

    def keeps(self, bound: float | None) -> bool | None:
        """Whether the value is on the right side of a bound; ``None`` without one."""
        if bound is None:
            return None
        return self.value <= bound if self.at_most else self.value >= bound


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the budget table as measured: figures by name in ``unit``, and the budgets on them.

    ``missing`` says why nothing was measured.
    """

    work: str
    unit: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()
    notes: str = ""
    missing: str = ""

    @property
    def kept(self) -> bool:
        return all(budget.keeps(budget.first) for budget in self.budgets)


def contest(contestants: Mapping[str, Contestant], *, turns: int = 5) -> dict[str, float]:
    """Seconds a call of each contestant, median over turns taken in rotation."""
    calls = {name: _calls(run) for name, run in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(turns):
        for name, run in contestants.items():
            times[name].append(_turn(run, calls[name]))
    return {name: statistics.median(taken) for name, taken in times.items()}


def _calls(run: Contestant) -> int:
    """How many calls make a turn; the first call warms caches and is not counted."""
    run()
    once = _turn(run, 1)
    return max(1, round(LEAST_SECONDS / max(once, 1e-7)))


def _turn(run: Contestant, calls: int) -> float:
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(calls):
            run()
        return (time.perf_counter() - start) / calls
    finally:
        gc.enable()


def once(run: Callable[[], Any]) -> float:
    """Seconds of one call, for work that cannot be repeated on the same ground."""
    gc.collect()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def in_unit(seconds: Mapping[str, float], factor: float) -> dict[str, float]:
    """Figures in another unit than seconds, to three digits."""
    return {name: float(f"{value * factor:.3g}") for name, value in seconds.items()}


def times_as_fast(figures: Mapping[str, float], ours: str, other: str) -> float:
    """How many times as long the other one takes."""
    return figures[other] / figures[ours]
