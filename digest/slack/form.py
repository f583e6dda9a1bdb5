"""The profile form: opening it, changing to another profile, previewing, saving, removing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from digest import subscriptions
from digest.channels.slack_text import Block, section
from digest.errors import DigestError, NotFound, SubscriptionError
from digest.model import Profile, Subscriber
from digest.ranking.language import parse_profile
from digest.slack.desk import Desk, sorry
from digest.slack.place import Asked
from digest.slack.profiles import show_subscription
from digest.slack.saving import NEW, Saved, live, own_profiles, save_draft, words_of
from digest.slack.trying import tried
from digest.slack.views import (
    BAR,
    LIMIT,
    NAME,
    TEXT,
    FieldError,
    Form,
    finished,
    profile_modal,
    read_form,
    too_long,
    with_preview,
)
from digest.store.database import reading, transaction
from digest.store.profiles import Draft
from digest.subscriptions import check_draft

Told = Mapping[str, Any]
"""A view as Slack sends it."""


def open_form(desk: Desk, asked: Asked, number: int) -> Block:
    """The form of a profile; of the first one if it is gone, empty where there is none."""
    with reading(desk.engine) as session:
        known = live(session, asked.address)
        profiles = own_profiles(session, asked.address)
    if profiles and number != NEW and number not in {one.id for one in profiles}:
        number = profiles[0].id
    return profile_modal(asked, known, profiles, number, desk.defaults)


def save_form(desk: Desk, asked: Asked, number: int, view: Told, now: datetime) -> Saved:
    """Subscribe, add or change a profile by the form. Quick, since Slack waits three seconds for the answer.

    Raises ``DigestError`` with what is wrong in it; nothing is changed then.
    """
    form = read_form(view)
    with transaction(desk.engine) as session:
        known = _profile(own_profiles(session, asked.address), number)
        draft, trending = _draft(form, known)
        _refuse(draft, trending=trending)
        saved = save_draft(session, asked, number, draft, desk, now, trending=trending)
        subscriptions.change_schedule(session, saved.subscriber.id, _schedule(saved.subscriber, form), now)
    return saved


def saved_form(desk: Desk, asked: Asked, saved: Saved, now: datetime, *, trial: bool) -> Block:
    """The view that says what is true after saving; with the trial, which takes its time, or before it."""
    return finished(show_subscription(desk, asked, saved, now, "Saved.", trial=trial).shown)


def _profile(profiles: list[Profile], number: int) -> Profile | None:
    """The stored profile, if the form is one's. Raises ``NotFound`` when it was removed meanwhile."""
    if number == NEW:
        return None
    found = next((one for one in profiles if one.id == number), None)
    if found is None:
        raise NotFound("this profile is gone", remedy="close the form and open it again")
    return found


def _draft(form: Form, known: Profile | None) -> tuple[Draft, bool]:
    """What the form asks for, and whether it asks for what is trending."""
    words, trending = words_of(form.text)
    if known is not None and not words and not trending and too_long(known):
        words = known.text
    learning = known.learning if known else True
    return Draft(form.name, words, form.bar, form.limit, learning), trending


def _refuse(draft: Draft, *, trending: bool) -> None:
    """Raise ``FieldError`` for the first field that is wrong."""
    parts = (
        (NAME, Draft(draft.name, "x")),
        (TEXT, Draft("x", draft.text)),
        (BAR, Draft("x", "x", bar=draft.bar)),
        (LIMIT, Draft("x", "x", limit=draft.limit)),
    )
    for field, part in parts:
        try:
            check_draft(part, trending=trending)
        except DigestError as error:
            raise FieldError(field, str(error), remedy=error.remedy) from error


def _schedule(subscriber: Subscriber, form: Form) -> subscriptions.Schedule:
    """The subscriber's schedule with the form's hour."""
    return subscriptions.Schedule(
        subscriber.timezone,
        form.send_at or subscriber.send_at,
        subscriber.weekdays,
        subscriber.empty_digests,
        subscriber.rising,
    )


def preview_form(desk: Desk, asked: Asked, number: int, view: Told, now: datetime) -> Block:
    """The form with what it would have matched, or with what is wrong in it."""
    try:
        with reading(desk.engine) as session:
            known = _profile(own_profiles(session, asked.address), number)
        form = read_form(view)
        draft, trending = _draft(form, known)
        _refuse(draft, trending=trending)
        profile = Profile(
            number, 0, draft.name, draft.text, parse_profile(draft.text), draft.bar, draft.limit
        )
        shown = tried(desk, profile, now)
    except DigestError as error:
        shown = [section(sorry(error).text)]
    return with_preview(view, shown)


def remove_in_form(desk: Desk, asked: Asked, number: int) -> Block:
    """Remove the profile; the form of the first that is left. One that is gone already is no error."""
    try:
        with transaction(desk.engine) as session:
            known = live(session, asked.address)
            if known is not None:
                subscriptions.remove_profile(session, known.id, number)
    except (NotFound, SubscriptionError):
        pass  # pressed twice, or the last one: the form shows what is true
    return open_form(desk, asked, number)
