"""The sign-up form: what it holds, what is asked for by it, and how each field is checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from pydantic import BaseModel

from digest.config import Settings
from digest.errors import SubscriptionError
from digest.model import ChannelName, EmptyDigests
from digest.slack_address import public
from digest.store.profiles import Draft
from digest.subscriptions import Wishes, check_address, check_wishes
from digest.web.fields import hour, number, rhythm, whole_number
from digest.web.problems import Check, profile_checks, schedule_checks


class SignUpForm(BaseModel):
    """The form as it came: text everywhere, so that what is wrong is shown in place, not refused."""

    address: str = ""
    channel: str = "email"
    keywords: str = ""
    follow: str = "keywords"
    timezone: str = "UTC"
    send_at: str = "07:30"
    often: str = ""
    weekly_on: str = "0"
    weekdays: list[str] = field(default_factory=list)
    bar: str = ""
    limit: str = ""
    days: str = ""
    webhook: str = ""
    website: str = ""
    form: str = ""


def wishes_of(given: SignUpForm, settings: Settings) -> Wishes:
    """What is asked for, checked. Raises ``SubscriptionError`` or ``ProfileError``."""
    trending = given.follow == "trending"
    draft = Draft(
        "Trending" if trending else "Papers",
        "" if trending else given.keywords,
        number(given.bar, "bar"),
        whole_number(given.limit, "limit"),
    )
    return check_wishes(
        Wishes(
            *_whereto(given, settings),
            (draft,),
            given.timezone,
            hour(given.send_at),
            rhythm(given.often, given.weekly_on, given.weekdays),
            EmptyDigests(settings.digest.empty),
            settings.digest.rising,
        ),
        trending=trending,
        webhook_hosts=public(settings.slack.webhook_hosts),
    )


def _whereto(given: SignUpForm, settings: Settings) -> tuple[ChannelName, str]:
    """Channel and address. A stranger may name a webhook, which is a secret, but no channel's id."""
    if given.channel == ChannelName.EMAIL:
        return ChannelName.EMAIL, given.address
    if given.channel != ChannelName.SLACK or not settings.slack.enabled:
        raise SubscriptionError("that channel cannot be chosen here", remedy="choose e-mail")
    webhook = given.webhook.strip()
    if not webhook.lower().startswith("https://"):
        raise SubscriptionError(
            "that is no webhook address",
            remedy="it begins with https://hooks.slack.com/; for a channel, write /digest in Slack",
        )
    return ChannelName.SLACK, webhook


def sign_up_checks(given: SignUpForm, settings: Settings) -> Iterator[Check]:
    """Each field's own check, in the order of the form. They raise what ``wishes_of`` would raise."""
    slack = given.channel == ChannelName.SLACK and settings.slack.enabled
    trending = given.follow == "trending"
    yield from profile_checks("" if trending else given.keywords, given.bar, given.limit, trending=trending)
    yield "webhook" if slack else "address", lambda: _check_whereto(given, settings)
    yield from schedule_checks(given.timezone, given.send_at, given.often, given.weekly_on, given.weekdays)


def _check_whereto(given: SignUpForm, settings: Settings) -> str:
    channel, address = _whereto(given, settings)
    return check_address(channel, address, webhook_hosts=public(settings.slack.webhook_hosts))
