"""Saving and previewing the profile form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from digest import subscriptions
from digest.channels.slack_text import Block, section
from digest.errors import DigestError
from digest.model import Profile, Subscriber
from digest.ranking.language import parse_profile
from digest.slack.commands import show_subscription
from digest.slack.desk import Desk, filled, sorry
from digest.slack.place import Asked
from digest.slack.saving import MAIN, save_draft, words_of
from digest.slack.showing import preview
from digest.slack.views import Form, finished, read_form, with_preview
from digest.store.database import reading, transaction
from digest.store.profiles import Draft


def save_form(desk: Desk, asked: Asked, view: Mapping[str, Any], now: datetime) -> Block:
    """Subscribe or change by the form; the view that says what is true now.

    Raises ``ProfileError`` or ``SubscriptionError`` with what is wrong in it; nothing is changed then.
    """
    form = read_form(view)
    words, trending = words_of(form.text)
    draft = Draft(MAIN, words, form.bar, form.limit)
    with transaction(desk.engine) as session:
        subscriber = save_draft(session, asked, draft, desk, now, trending=trending)
        subscriptions.change_schedule(session, subscriber.id, _schedule(subscriber, form), now)
    return finished(show_subscription(desk, asked, now, "Saved.").shown)


def _schedule(subscriber: Subscriber, form: Form) -> subscriptions.Schedule:
    """The subscriber's schedule with the form's hour."""
    return subscriptions.Schedule(
        subscriber.timezone,
        form.send_at or subscriber.send_at,
        subscriber.weekdays,
        subscriber.empty_digests,
        subscriber.rising,
    )


def preview_form(desk: Desk, view: Mapping[str, Any], now: datetime) -> Block:
    """The form with what it would have matched, or with what is wrong in it."""
    try:
        form = read_form(view)
        words, _ = words_of(form.text)
        profile = filled(
            Profile(0, 0, MAIN, words, parse_profile(words), form.bar, form.limit), desk.defaults
        )
        with reading(desk.engine) as session:
            shown = preview(session, [profile], desk.defaults, now)
    except DigestError as error:
        shown = [section(sorry(error).text)]
    return with_preview(view, shown)
