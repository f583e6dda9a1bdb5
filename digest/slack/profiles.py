"""``/digest subscribe``, ``profile``, ``profiles``, ``rename`` and ``remove``."""

from __future__ import annotations

import re
from datetime import datetime

from digest import subscriptions
from digest.channels.slack_text import Block, bold, clean, context, cut, section
from digest.errors import SubscriptionError
from digest.model import Profile
from digest.ranking.language import FIELDS
from digest.slack.desk import Desk, Reply, active, next_line, profiles_of
from digest.slack.place import Asked
from digest.slack.saving import NEW, Saved, found_by_name, live, named, only, own_profiles, save_words
from digest.slack.showing import profile_line, weights_line
from digest.slack.trying import tried
from digest.slack.views import profile_modal
from digest.store.database import reading, transaction
from digest.store.profiles import Draft

_NAMED = re.compile(r"([^\s,;:\"'+-][^,;:\"\n]{0,79}):(?:\s+(\S.*))?", re.DOTALL)


def split_name(text: str) -> tuple[str, str]:
    """Name and words of ``robots: grasping, arms``; no name where the words of a profile stand alone.

    A field of the profile language (``title: x``) is no name.
    """
    match = _NAMED.fullmatch(text)
    if match is None or match[1].split()[-1].casefold() in FIELDS:
        return "", text
    return " ".join(match[1].split()), match[2] or ""


def subscribe(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """Subscribe, add a profile or change its words: asking twice is the same as once."""
    if not asked.rest:
        return show_profile(desk, asked, now)
    name, words = split_name(asked.rest)
    with transaction(desk.engine) as session:
        saved = save_words(session, asked, name, words, desk, now)
    return show_subscription(desk, asked, saved, now, "You are subscribed.")


def show_subscription(
    desk: Desk, asked: Asked, saved: Saved, now: datetime, told: str, *, trial: bool = True
) -> Reply:
    """What a subscription is now, and what the changed profile would have brought."""
    with reading(desk.engine) as session:
        subscriber = active(session, asked.address)
        profiles = profiles_of(session, subscriber, desk.defaults)
    where = " in this channel" if asked.here and asked.place.here != asked.place.own else ""
    changed = next((one for one in profiles if one.id == saved.profile_id), profiles[0])
    blocks = [section(f"{told} {next_line(subscriber, now)}{where}"), *_lines(profiles, changed)]
    return Reply(told, (*blocks, *(tried(desk, changed, now) if trial else [])))


def _lines(profiles: list[Profile], changed: Profile) -> list[Block]:
    """The changed profile in full, the names of the others."""
    others = [clean(one.name) for one in profiles if one.id != changed.id]
    line = section(profile_line(changed))
    return [line, context(cut(f"Your other profiles: {', '.join(others)}", 2000))] if others else [line]


def show_profile(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """The form for the only, the first or the named profile; with other words the same as subscribing."""
    with reading(desk.engine) as session:
        known = live(session, asked.address)
        profiles = own_profiles(session, asked.address)
    chosen = named(profiles, asked.rest)
    if asked.rest and chosen is None:
        return subscribe(desk, asked, now)
    number = chosen.id if chosen else profiles[0].id if profiles else NEW
    modal = profile_modal(asked, known, profiles, number, desk.defaults)
    return Reply("Your profile", modal=modal)


def show_profiles(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """All profiles with what each learnt, and when the next digest comes."""
    with reading(desk.engine) as session:
        subscriber = active(session, asked.address)
        profiles = profiles_of(session, subscriber, desk.defaults)
    blocks = [section(next_line(subscriber, now))]
    for profile in profiles:
        blocks.append(section(profile_line(profile)))
        if profile.weights:
            blocks.append(context(f"Learnt from feedback: {weights_line(profile)}"))
    return Reply("Your profiles", tuple(blocks))


def rename(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """``OLD: NEW``; the name alone where there is only one profile."""
    name, colon, new = asked.rest.partition(":")
    if not colon:
        name, new = "", asked.rest
    if not new.strip():
        raise SubscriptionError("there is no new name", remedy="say /digest rename OLD: NEW")
    with transaction(desk.engine) as session:
        subscriber = active(session, asked.address)
        own = own_profiles(session, asked.address)
        meant = found_by_name(own, name) if name else only(own, "rename")
        if meant is not None:
            draft = Draft(new, meant.text, meant.bar, meant.limit, meant.learning)
            subscriptions.save_profile(session, subscriber.id, meant.id, draft, now, trending=meant.trending)
    return show_profiles(desk, asked, now)


def remove(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """Remove one of several profiles, with what it learnt."""
    with transaction(desk.engine) as session:
        subscriber = active(session, asked.address)
        meant = found_by_name(own_profiles(session, asked.address), asked.rest)
        subscriptions.remove_profile(session, subscriber.id, meant.id)
    told = section(f"{bold(cut(clean(meant.name), 100))} is removed.")
    return Reply("Removed.", (told, *show_profiles(desk, asked, now).blocks))
