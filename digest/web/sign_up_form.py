"""The sign-up form: what it holds, what is asked for by it, and which field an error belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel

from digest.config import Settings
from digest.errors import DigestError, ProfileError, SubscriptionError
from digest.model import ChannelName, EmptyDigests
from digest.store.profiles import Draft
from digest.subscriptions import Wishes, check_address, check_wishes
from digest.web.fields import hour, number, rhythm, told, whole_number


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


@dataclass(slots=True)
class Problem:
    """What is wrong, at which field."""

    field: str
    text: str


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
        webhook_hosts=settings.slack.webhook_hosts,
    )


def _whereto(given: SignUpForm, settings: Settings) -> tuple[ChannelName, str]:
    """Channel and address. A stranger may name a webhook, which is a secret, but no channel's id."""
    if given.channel == ChannelName.EMAIL:
        return ChannelName.EMAIL, given.address
    if given.channel != ChannelName.SLACK or not settings.slack.enabled:
        raise SubscriptionError("that channel cannot be chosen here", remedy="choose e-mail")
    webhook = given.webhook.strip()
    if not webhook.startswith("https://"):
        raise SubscriptionError(
            "that is no webhook address",
            remedy="it begins with https://hooks.slack.com/; for a channel, write /digest in Slack",
        )
    return ChannelName.SLACK, webhook


def problem_of(given: SignUpForm, error: DigestError) -> Problem:
    """Which field an error belongs to: the first whose own check fails the same way."""
    text = told(error)
    if isinstance(error, ProfileError):
        return Problem("keywords", text)
    if given.channel == ChannelName.EMAIL:
        try:
            check_address(ChannelName.EMAIL, given.address)
        except SubscriptionError:
            return Problem("address", text)
    signs = (
        ("keywords", "keywords"),
        ("zone", "timezone"),
        ("weekday", "weekdays"),
        ("hour", "send_at"),
        ("bar", "bar"),
        ("limit", "limit"),
        ("webhook", "webhook"),
    )
    return Problem(next((name for word, name in signs if word in str(error)), ""), text)
