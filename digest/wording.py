"""Plain sentences for scores and verdicts, the same in mail, Slack, web and terminal. Imports only the
model.
"""

from __future__ import annotations

from digest.model import Field, Ranked, Reason, ReasonKind, Score, Verdict

_PLACES = {
    Field.TITLE: "title",
    Field.ABSTRACT: "abstract",
    Field.AUTHOR: "author",
    Field.ORG: "organisation",
    Field.ANY: "keywords",
}


def points(value: float) -> str:
    """Points as shown everywhere: one decimal, a true minus sign."""
    return f"{value:.1f}".replace("-", "−")


def reason_line(score: Score) -> str:
    """Why, with arithmetic: ``diffusion policy: title 4.1, abstract 1.2; votes 0.8``. The points add up to
    the score.
    """
    groups: dict[str, str] = {}
    for reason in score.reasons:
        if reason.kind is ReasonKind.KEYWORD and reason.field and reason.points >= 0:
            # the usual one, without a call: this runs for every entry of every digest
            subject, share = reason.term, f"{_PLACES[reason.field]} {reason.points:.1f}"
        else:
            subject, share = _subject(reason), _share(reason)
        known = groups.get(subject)
        groups[subject] = f"{known}, {share}" if known else f"{subject}: {share}" if subject else share
    return "; ".join(groups.values())


def verdict_line(ranked: Ranked) -> str:
    """What became of a paper, with the rule that decided: ``excluded by -survey``, ``below the bar by
    0.8``.
    """
    if ranked.verdict is Verdict.CHOSEN:
        return f"chosen with {points(ranked.score.value)} points"
    if ranked.verdict is Verdict.NO_MATCH:
        return "no keyword hit, nothing related"
    return ranked.because or ranked.verdict.value


def _subject(reason: Reason) -> str:
    if reason.kind in (ReasonKind.VOTES, ReasonKind.RECENCY):
        return ""
    if reason.kind is ReasonKind.LEARNT:
        return f"related to {reason.related_to}" if reason.related_to else "related"
    if reason.kind is ReasonKind.FEEDBACK:
        return "your feedback"
    return reason.term


def _share(reason: Reason) -> str:
    shown = points(reason.points)
    if reason.kind is ReasonKind.VOTES:
        return f"votes {shown}"
    if reason.kind is ReasonKind.RECENCY:
        return f"recency {shown}"
    if reason.kind in (ReasonKind.LEARNT, ReasonKind.FEEDBACK):
        return f"{reason.term} {shown}"
    return f"{_PLACES[reason.field]} {shown}" if reason.field else shown
