"""The trial run of a profile: what it would have found in the last stored days."""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.account_wording import days_between
from digest.model import Profile, Ranked
from digest.pipeline.shelf import DAYS, MORE_DAYS, Material, filled
from digest.ranking.lab import Effect, Lab
from digest.ranking.language import parse_profile
from digest.store.profiles import Draft
from digest.subscriptions import check_draft
from digest.web.desk import Desk
from digest.web.views import PaperView, view

SHOWN = 5


def days_asked(text: str) -> int:
    """How many days to try a profile on: ``DAYS``, or ``MORE_DAYS`` when that was chosen."""
    return MORE_DAYS if text == str(MORE_DAYS) else DAYS


@dataclass(frozen=True, slots=True)
class Find:
    """A paper the profile would have brought, or nearly."""

    paper: PaperView
    score: float


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit changes: papers a week ``before``, how many come and go, the best of them."""

    before: float
    gained: int
    lost: int
    new: tuple[Find, ...]
    gone: tuple[Find, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a profile would have found ``between`` two days: ``per_week`` papers, the best, those just below
    the bar. ``limited`` is how many a day are sent at most, where that leaves any out.

    ``dead`` keywords hit nothing; ``noisy`` ones hit too much. ``add`` are words that keep company
    with the profile, ``exclude`` those that stand out among the papers just over the bar.
    """

    days: int
    between: str
    papers: int
    chosen: int
    per_week: float
    limited: int | None
    best: tuple[Find, ...]
    near: tuple[Find, ...]
    dead: tuple[str, ...]
    noisy: tuple[str, ...]
    add: tuple[str, ...]
    exclude: tuple[str, ...]
    change: Change | None = None


def trial(desk: Desk, draft: Draft, *, days: int = DAYS, saved: Profile | None = None) -> Trial:
    """Try a draft on the last stored days; with the ``saved`` profile it edits, what the edit changes.

    Raises ``ProfileError`` or ``SubscriptionError``; ``TooMany`` when others are tried for too long before.
    """
    checked = check_draft(replace(draft, name="trial"))
    profile = replace(
        saved or Profile(0, 0, "trial", ""),
        text=checked.text,
        keywords=parse_profile(checked.text),
        bar=checked.bar,
        limit=checked.limit,
        learning=checked.learning,
    )
    return _tried(desk, profile, saved, days)


def _tried(desk: Desk, profile: Profile, saved: Profile | None, days: int) -> Trial:
    material, now, defaults = material_of(desk), desk.clock(), desk.house.settings.digest
    profile = filled(profile, defaults)
    if saved is None or saved.trending:
        return _shown(material.tried(profile, now=now, default_bar=defaults.bar, days=days))
    before = filled(saved, defaults)
    effect = material.compared(before, profile, now=now, default_bar=defaults.bar, days=days)
    return replace(_shown(effect.after), change=_change(effect))


def _change(effect: Effect) -> Change:
    return Change(
        effect.before.per_week,
        len(effect.gained),
        len(effect.lost),
        tuple(_find(one) for one in effect.gained[:SHOWN]),
        tuple(_find(one) for one in effect.lost[:SHOWN]),
    )


def _shown(found: Lab) -> Trial:
    below = [one for one in found.borderline if one.score.value < found.bar]
    return Trial(
        days=found.days,
        between=days_between(found.since, found.until) if found.since and found.until else "",
        papers=found.papers,
        chosen=found.chosen,
        per_week=found.per_week,
        limited=found.limit if found.sent < found.chosen else None,
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
