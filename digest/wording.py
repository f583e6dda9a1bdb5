"""Plain sentences for scores and verdicts, the same in mail, Slack, web and terminal. Imports only the
model.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from digest.model import Field, Ranked, Reason, ReasonKind, Score, Verdict
from digest.model.grounds import Line, letter_of, lines_of, shares_in
from digest.model.separators import FIELDS

RELATED_NAMED = 4
"""Related words that are named; the others are counted in the points alone."""

_PLACES = {
    None: "",
    Field.TITLE: "title",
    Field.ABSTRACT: "abstract",
    Field.AUTHOR: "author",
    Field.ORG: "organisation",
    Field.ANY: "keywords",
}
_SUMMED_UP = {
    letter_of(ReasonKind.LEARNT): "related words",
    letter_of(ReasonKind.FEEDBACK): "your feedback",
    letter_of(ReasonKind.VOTES): "votes",
}
"""What is summed up under one name, by its letter in a ground."""
_LEARNT, _FEEDBACK = letter_of(ReasonKind.LEARNT), letter_of(ReasonKind.FEEDBACK)

KEPT = 16_384
"""Sums of shares remembered as put into words."""


class Group(NamedTuple):
    """All that one keyword gave: ``world model``, ``6.2``, ``title, abstract``. ``note`` may be empty."""

    subject: str
    points: str
    note: str

    def __str__(self) -> str:
        return f"{self.subject} {self.points} ({self.note})" if self.note else f"{self.subject} {self.points}"


def points(value: float) -> str:
    """Points as shown everywhere: one decimal, a true minus sign."""
    shown = f"{value:.1f}"
    return shown.replace("-", "−") if value < 0 else shown


def learnt_weight(value: float) -> str:
    """A weight that feedback taught: hundredths, since one like or dislike teaches no more; with a sign."""
    return f"{value:+.2f}".replace("-", "−")


def reason_groups(score: Score) -> list[Group]:
    """Why, summed up by keyword, the weightiest first; then related words, feedback and votes.

    The reasons are in tenths, and so are the sums: the groups add up to the score.
    """
    return [group_of(ground) for ground in score.grounds]


def group_of(ground: str) -> Group:
    """What a ground says (``model/grounds.py``)."""
    told = lines_of(ground)
    first = told[0]
    shares = first.shares if len(told) == 1 else FIELDS.join([line.shares for line in told])
    total, places = _summed_up(shares)
    if first.letter in _SUMMED_UP:
        return Group(_SUMMED_UP[first.letter], total, _note(first.letter, told))
    return Group(first.term, total, places)


@lru_cache(maxsize=KEPT)
def _summed_up(shares: str) -> tuple[str, str]:
    """Points, and the places where they were earned."""
    read = shares_in(shares)
    places = dict.fromkeys([_PLACES[field] for field, _ in read])
    return points(sum([given for _, given in read])), ", ".join(filter(None, places))


def _note(letter: str, told: Sequence[Line]) -> str:
    if letter == _LEARNT:
        words = dict.fromkeys(word for line in told for word in line.term.split(", ") if word)
        return ", ".join(list(words)[:RELATED_NAMED])
    if letter != _FEEDBACK:
        return ""
    given = [(line.term, sum([share for _, share in shares_in(line.shares)])) for line in told]
    if len(given) == 1:
        return given[0][0]
    return ", ".join(f"{term} {points(share)}" for term, share in given)


def reason_line(score: Score) -> str:
    """Why, with arithmetic: ``diffusion policy 5.3 (title, abstract) · votes 0.8``. The points add up to
    the score.
    """
    return " · ".join([str(group) for group in reason_groups(score)])


def reason_account(score: Score, taught: Collection[str] = ()) -> str:
    """Why, to the last tenth, place by place: ``diffusion policy: title 4.1, abstract 1.2; votes 0.8``; what
    feedback named in one sum each. What is related to a term that feedback ``taught`` is told as such.
    """
    groups: dict[str, str] = {}
    for reason in _taught_once(score.reasons):
        subject, share = _subject(reason, taught), _share(reason)
        known = groups.get(subject)
        groups[subject] = f"{known}, {share}" if known else f"{subject}: {share}" if subject else share
    return "; ".join(groups.values())


def _taught_once(reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons, those of one term that feedback named in one."""
    told: dict[object, Reason] = {}
    for place, reason in enumerate(reasons):
        key = reason.term if reason.kind is ReasonKind.FEEDBACK else place
        known = told.get(key)
        told[key] = replace(known, points=known.points + reason.points) if known else reason
    return list(told.values())


def verdict_line(ranked: Ranked) -> str:
    """What became of a paper, with the rule that decided: ``excluded by -survey``, ``below the bar by
    0.8``.
    """
    if ranked.verdict is Verdict.CHOSEN:
        return f"chosen with {points(ranked.score.value)} points"
    if ranked.verdict is Verdict.NO_MATCH:
        return "no keyword hit, nothing related"
    return ranked.because or ranked.verdict.value


def _subject(reason: Reason, taught: Collection[str]) -> str:
    if reason.kind is ReasonKind.VOTES:
        return ""
    if reason.kind is ReasonKind.LEARNT:
        liked = " (your feedback)" if reason.related_to in taught else ""
        return f"related to {reason.related_to}{liked}" if reason.related_to else "related"
    if reason.kind is ReasonKind.FEEDBACK:
        return "your feedback"
    return reason.term


def _share(reason: Reason) -> str:
    shown = points(reason.points)
    if reason.kind is ReasonKind.VOTES:
        return f"votes {shown}"
    if reason.kind in (ReasonKind.LEARNT, ReasonKind.FEEDBACK):
        return f"{reason.term} {shown}"
    return f"{_PLACES[reason.field]} {shown}" if reason.field else shown
