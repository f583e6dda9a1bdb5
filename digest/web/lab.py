"""The trial run of a profile: what it would have found in the last stored days."""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.errors import TooMany
from digest.model import Profile, Ranked
from digest.pipeline.shelf import Material
from digest.ranking.lab import try_profile
from digest.ranking.language import parse_profile
from digest.store.profiles import Draft
from digest.subscriptions import check_draft
from digest.web.desk import Desk
from digest.web.views import PaperView, view


@dataclass(frozen=True, slots=True)
class Find:
    """A paper the profile would have brought, or nearly."""

    paper: PaperView
    score: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What a profile would have found: ``per_week`` papers, the best, those around the bar.

    ``dead`` keywords hit nothing; ``noisy`` ones hit too much. ``add`` are words that keep company
    with the profile, ``exclude`` those that stand out among the papers just over the bar.
    """

    days: int
    papers: int
    chosen: int
    per_week: float
    best: tuple[Find, ...]
    near: tuple[Find, ...]
    dead: tuple[str, ...]
    noisy: tuple[str, ...]
    add: tuple[str, ...]
    exclude: tuple[str, ...]


def trial(desk: Desk, draft: Draft) -> Trial:
    """Try a draft on the last stored days. Raises ``ProfileError`` or ``SubscriptionError``."""
    checked = check_draft(replace(draft, name="trial"))
    profile = Profile(0, 0, "trial", checked.text, parse_profile(checked.text), checked.bar, checked.limit)
    if not desk.trials.acquire(timeout=5):
        raise TooMany("many profiles are being tried just now", remedy="try again", retry_after=5)
    try:
        return _tried(desk, profile)
    finally:
        desk.trials.release()


def _tried(desk: Desk, profile: Profile) -> Trial:
    material = material_of(desk)
    bar = desk.house.settings.digest.bar
    found = try_profile(material.candidates, profile, material.corpus, now=desk.clock(), default_bar=bar)
    limit = bar if profile.bar is None else profile.bar
    below = [one for one in found.borderline if one.score.value < limit]
    return Trial(
        days=found.days,
        papers=found.papers,
        chosen=found.chosen,
        per_week=found.per_week,
        best=tuple(_find(one) for one in found.best),
        near=tuple(_find(one) for one in below),
        dead=tuple(one.keyword for one in found.keywords if one.dead),
        noisy=tuple(one.keyword for one in found.keywords if one.noisy),
        add=found.add,
        exclude=found.exclude,
    )


def _find(one: Ranked) -> Find:
    return Find(view(one.candidate.paper, one.candidate.upvotes, sentences=0), one.score.value)


def material_of(desk: Desk) -> Material:
    """The store's statistics and last days, read anew when something came since."""
    return desk.shelf.material(desk.engine, now=desk.clock())
