"""What trying a profile found, as lines for a person: plain text, the same on a terminal and in a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from digest.account_wording import days_between, plural
from digest.model import Ranked, Verdict
from digest.ranking.lab import Effect, KeywordReport, Lab, Shift
from digest.wording import reason_line

SHOWN = 10
"""Papers that an edit gains or loses, of each so many at most."""
WORTH = ("Keyword", "hits", "chosen", "gave points to")
EDITED = ("Keyword", "hits", "chosen before", "after", "gave points to before", "after")
"""What a keyword hits is the same before and after; which of those papers are chosen is not."""
_WEIGHT = re.compile(r"\^[0-9.]+$")
Row = tuple[str, ...]


def lab_lines(lab: Lab) -> Iterator[str]:
    """The rate, the best papers, those around the bar, what each keyword is worth, and what might change."""
    limited = f", with at most {lab.limit} a day" if lab.sent < lab.chosen else ""
    yield (
        f"{lab.chosen:,} of {_looked_through(lab)} would pass the bar of {lab.bar:g}: "
        f"{lab.per_week:g} a week{limited}, on {plural(lab.days_with_papers, 'day')}"
    )
    yield from _papers("Best", lab.best)
    yield from _papers("Around the bar", lab.borderline, bar=lab.bar)
    if all(one.verdict is Verdict.CHOSEN for one in lab.borderline):
        yield from ("", "No paper is just below the bar.")
    if lab.keywords:
        yield from ("", *_table([WORTH, *map(_worth, lab.keywords)]))
    yield from _proposals(lab)


def effect_lines(effect: Effect) -> Iterator[str]:
    """Both profiles side by side, then what the second gains and loses, and why."""
    before, after = effect.before, effect.after
    yield f"{_looked_through(after)}, bar {after.bar:g}"
    rows = [
        ("Papers chosen", f"{before.chosen:,}", f"{after.chosen:,}"),
        ("Papers a week", f"{before.per_week:g}", f"{after.per_week:g}"),
        ("Days with any", f"{before.days_with_papers:,}", f"{after.days_with_papers:,}"),
    ]
    yield from ("", *_table([("", "before", "after"), *rows]))
    yield from ("", *_table([EDITED, *_keywords(before, after)]))
    shifts = {one.paper: one for one in effect.shifts}
    yield from _shifted("Gained", effect.gained, shifts)
    yield from _shifted("Lost", effect.lost, shifts)
    if not effect.gained and not effect.lost:
        yield from ("", "No paper comes or goes.")


def _looked_through(lab: Lab) -> str:
    """``2,306 papers on 65 days (Mon 2 Mar to Fri 29 May 2026)``."""
    days = f" ({days_between(lab.since, lab.until)})" if lab.since and lab.until else ""
    papers = f"{lab.papers:,} paper{'' if lab.papers == 1 else 's'}"
    return f"{papers} on {plural(lab.days, 'day')}{days}"


def _papers(title: str, papers: Sequence[Ranked], *, bar: float | None = None) -> Iterator[str]:
    """Papers with their reasons; with ``bar`` a line between those that pass it and the others."""
    if papers:
        yield from ("", title)
    passing = bar is not None
    for one in papers:
        if passing and one.verdict is not Verdict.CHOSEN:
            passing = False
            yield f"  {bar:4.1f}  {'-' * 12} the bar"
        yield from _paper(f"  {one.score.value:4.1f}  ", one)


def _paper(lead: str, one: Ranked) -> tuple[str, str]:
    paper = one.candidate.paper
    return f"{lead}{paper.title}  [{paper.id}]", f"{' ' * len(lead)}{reason_line(one.score)}"


def _worth(one: KeywordReport) -> Row:
    return one.keyword, f"{one.hits:,}", f"{one.in_chosen:,}", f"{one.gave_points:,}", _note(one)


def _note(one: KeywordReport) -> str:
    if one.dead:
        return "never hits" if not one.gave_points else "never hits as a whole, only by its words"
    return "hits too much to tell papers apart" if one.noisy else ""


def _keywords(before: Lab, after: Lab) -> Iterator[Row]:
    """Each keyword of either profile, in the order of the first; another weight makes no other row."""
    old, new = ({_WEIGHT.sub("", one.keyword): one for one in lab.keywords} for lab in (before, after))
    for asked in {**old, **new}:
        sides = (old.get(asked), new.get(asked))
        one = next(side for side in sides if side)
        keyword = " → ".join(dict.fromkeys(side.keyword for side in sides if side))
        chosen = (f"{side.in_chosen:,}" if side else "–" for side in sides)
        gave = (f"{side.gave_points:,}" if side else "–" for side in sides)
        yield keyword, f"{one.hits:,}", *chosen, *gave, _note(one)


def _proposals(lab: Lab) -> Iterator[str]:
    if lab.add or lab.exclude:
        yield ""
    if lab.add:
        yield f"Might be added:    {', '.join(lab.add)}"
    if lab.exclude:
        yield f"Might be excluded: {', '.join('-' + term for term in lab.exclude)}"


def _shifted(title: str, papers: Sequence[Ranked], shifts: dict[str, Shift]) -> Iterator[str]:
    """Papers that come or go, the score before and after, and the rule where one keeps the paper out."""
    if papers:
        yield from ("", f"{title} ({len(papers):,}{f', the best {SHOWN}' if len(papers) > SHOWN else ''})")
    for one in papers[:SHOWN]:
        shift = shifts[one.candidate.paper.id]
        yield from _paper(f"  {_score(shift.before)} → {_score(shift.after)}  ", one)
        if not shift.before or not shift.after:
            yield f"{' ' * 15}{shift.because}"


def _score(value: float) -> str:
    return f"{value:4.1f}" if value else "   –"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    """Aligned columns: the first to the left, numbers to the right, a note after them."""
    columns = len(rows[0])
    widths = [max(len(row[place]) for row in rows) for place in range(columns)]
    for row in rows:
        numbers = (f"{cell:>{width}}" for cell, width in zip(row[1:columns], widths[1:], strict=True))
        yield "  ".join([f"{row[0]:<{widths[0]}}", *numbers, *row[columns:]]).rstrip()
