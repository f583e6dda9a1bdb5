"""Derives ``digest/ranking/background.txt``: ``python -m benchmarks.ranking.background DATA``.

Counted are only papers listed before the judged weeks, so that the evaluation never knows the future.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ranking.data import READERS, read_listings, weeks
from digest.model import Paper
from digest.ranking import background
from digest.ranking.stopwords import STOPWORDS
from digest.ranking.tally import tally
from digest.ranking.terms import read

FEWEST_PER_MILLE = 5
"""Rarer terms are left out: they are told apart by the store itself soon enough."""
LINE = 110


def main(data: Path) -> None:
    before, _ = next(weeks(read_listings(data), READERS["first"].mondays))
    Path(background.__file__).with_name(background.FILE).write_text(table(before), encoding="utf-8")


def table(papers: Sequence[Paper]) -> str:
    """The shares of common words, and of common pairs without a function word, in papers per mille."""
    counted, _ = tally([read(paper) for paper in papers])
    terms: dict[int, list[str]] = defaultdict(list)
    for term, shown, held in zip(counted.terms, counted.written, counted.holding.tolist(), strict=True):
        share = round(1000 * held / counted.papers)
        spoken = " " not in shown or not STOPWORDS & set(shown.split())
        if share >= FEWEST_PER_MILLE and spoken:
            terms[share].append(term[2:])
    lines = (line for share in sorted(terms, reverse=True) for line in _lines(share, sorted(terms[share])))
    return "\n".join(lines) + "\n"


def _lines(share: int, terms: Sequence[str]) -> list[str]:
    lines = [str(share)]
    for term in terms:
        if len(lines[-1]) + len(term) >= LINE:
            lines.append(str(share))
        lines[-1] += f" {term}"
    return lines


if __name__ == "__main__":
    main(Path(sys.argv[1]))
