"""The live preview: what a profile would have brought over the last stored days, by the profile lab."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from digest.account_wording import days_between, plural
from digest.channels.slack_text import Block, clean, context, cut, section
from digest.model import Profile
from digest.pipeline.shelf import filled
from digest.ranking.lab import Lab
from digest.slack.desk import Desk
from digest.slack.showing import paper_lines

MAX_TERMS = 600


def tried(desk: Desk, profile: Profile, now: datetime) -> list[Block]:
    """Papers a week, the best of them, and what the keywords are worth."""
    material = desk.material(now)
    if not material.candidates:
        return [context("No papers are stored yet, so there is no preview.")]
    found = material.tried(filled(profile, desk.defaults), now=now, default_bar=desk.defaults.bar)
    return [section(_rate(found)), *paper_lines(found.best), *map(context, _worth(found))]


def _rate(found: Lab) -> str:
    between = f" ({days_between(found.since, found.until)})" if found.since and found.until else ""
    limited = f", with at most {found.limit} a day," if found.sent < found.chosen else ""
    rate = f"*{found.per_week:g} papers a week*{limited}"
    told = f"{rate} over the last {plural(found.days, 'stored day')}{between}"
    passed = f"{found.chosen} of {plural(found.papers, 'paper')} would have passed"
    hint = "; the best:" if found.chosen else ". Broader keywords or a lower bar would bring some."
    return f"{told}: {passed}{hint}"


def _worth(found: Lab) -> list[str]:
    """Keywords that hit nothing or nearly everything, and words that might be added or excluded."""
    told: tuple[tuple[str, Iterable[str]], ...] = (
        ("Found nowhere", [one.keyword for one in found.keywords if one.dead]),
        ("Found nearly everywhere, so of little use", [one.keyword for one in found.keywords if one.noisy]),
        ("Words that go with it", found.add),
        ("Words of the weaker half; exclude what you do not mean", map(_excluding, found.exclude)),
    )
    return [f"{label}: {terms}" for label, terms in ((label, _listed(some)) for label, some in told) if terms]


def _excluding(term: str) -> str:
    return f'-"{term}"' if " " in term else f"-{term}"


def _listed(terms: Iterable[str]) -> str:
    return cut(clean(" · ".join(terms)), MAX_TERMS)
