"""Papers and profiles as blocks, for answers and for the App Home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from digest.account_wording import plural
from digest.channels.slack_entry import MAX_REASON, MAX_TITLE, paper_url, title_link
from digest.channels.slack_text import Block, bold, clean, context, cut, link, section
from digest.config import DigestSettings
from digest.model import Profile, Ranked, Ranking
from digest.slack.library import candidates_since, ranked, span
from digest.wording import points, reason_line

PREVIEW_DAYS = 7
PREVIEW_SHOWN = 5
MAX_PROFILE = 900


def profile_line(profile: Profile) -> str:
    """A profile's name, words, bar and limit; what people typed is escaped."""
    words = cut(clean(profile.text), MAX_PROFILE) if profile.keywords else "what is trending"
    told = f"bar {points(profile.bar or 0)}, at most {profile.limit}"
    return f"{bold(cut(clean(profile.name), 100))}: {words}\n_{told}_"


def weights_line(profile: Profile, most: int = 20) -> str:
    """What feedback taught, strongest first: ``robots +0.8, surveys −0.4``."""
    strongest = sorted(profile.weights, key=lambda weight: -abs(weight.weight))[:most]
    told = (
        f"{clean(one.term)} {points(one.weight) if one.weight < 0 else '+' + points(one.weight)}"
        for one in strongest
    )
    return cut(", ".join(told), MAX_PROFILE)


def paper_lines(found: Iterable[Ranked]) -> list[Block]:
    """A section per paper: linked title, score and reasons."""
    return [section(_paper(one)) for one in found]


def _paper(one: Ranked) -> str:
    why = cut(clean(reason_line(one.score)), MAX_REASON)
    head = f"{bold(title_link(one.candidate.paper))} · {points(one.score.value)} · ▲ {one.candidate.upvotes}"
    return f"{head}\n{why}" if why else head


def preview(
    session: Session, profiles: Sequence[Profile], defaults: DigestSettings, now: datetime
) -> list[Block]:
    """What the profiles would have chosen from the last days, best first, and how many in all."""
    found = candidates_since(session, *span(now, PREVIEW_DAYS))
    if not found:
        return [context(f"No papers of the last {PREVIEW_DAYS} days are stored yet, so there is no preview.")]
    unlimited = [replace(profile, limit=len(found)) for profile in profiles]
    passed = best_of(ranked(session, unlimited, found, defaults, now=now))
    told = (
        f"In the last {PREVIEW_DAYS} days {plural(len(passed), 'paper')} of {len(found)} would have passed"
        + (", the best:" if passed else ". Broader keywords or a lower bar would bring some.")
    )
    return [section(told), *paper_lines(passed[:PREVIEW_SHOWN])]


def best_of(rankings: Sequence[Ranking]) -> list[Ranked]:
    """The chosen of all profiles, each paper once with its best score, best first."""
    best: dict[str, Ranked] = {}
    for one in (one for ranking in rankings for one in ranking.chosen):
        known = best.get(one.candidate.paper.id)
        if known is None or one.score.value > known.score.value:
            best[one.candidate.paper.id] = one
    return sorted(best.values(), key=lambda one: (-one.score.value, one.candidate.paper.id))


def named_paper(paper_id: str, title: str) -> str:
    return link(paper_url(paper_id), clean(title) or paper_id, MAX_TITLE)
