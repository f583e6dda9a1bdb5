"""The sign-up form: what it holds, what is asked for by it, and what is wrong in which field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from digest.config import Settings
from digest.errors import DigestError, ProfileError, SubscriptionError
from digest.model import ChannelName, EmptyDigests
from digest.store.profiles import Draft
from digest.subscriptions import Wishes, check_address, check_draft, check_weekdays, check_wishes, check_zone
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


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, at which field; none where it belongs to the form as a whole."""

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


def problems_of(given: SignUpForm, settings: Settings, error: DigestError) -> tuple[Problem, ...]:
    """All that is wrong with a form that was refused with ``error``, field by field, in their order."""
    found = tuple(
        Problem(name, told(wrong))
        for name, check in _checks(given, settings)
        if (wrong := _error_of(check)) is not None
    )
    return found or (Problem("", told(error)),)


def _checks(given: SignUpForm, settings: Settings) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each field's own check, in the order of the form. They raise what ``wishes_of`` would raise."""
    slack = given.channel == ChannelName.SLACK and settings.slack.enabled
    yield "keywords", lambda: _profile(given.follow, text=given.keywords)
    yield "bar", lambda: _profile("trending", bar=number(given.bar, "bar"))
    yield "limit", lambda: _profile("trending", limit=whole_number(given.limit, "limit"))
    yield "webhook" if slack else "address", lambda: _check_whereto(given, settings)
    yield "weekdays", lambda: check_weekdays(rhythm(given.often, given.weekly_on, given.weekdays))
    yield "send_at", lambda: hour(given.send_at)
    yield "timezone", lambda: check_zone(given.timezone)


def _profile(follow: str, *, text: str = "", bar: float | None = None, limit: int | None = None) -> Draft:
    trending = follow == "trending"
    return check_draft(Draft("Papers", "" if trending else text, bar, limit), trending=trending)


def _check_whereto(given: SignUpForm, settings: Settings) -> str:
    channel, address = _whereto(given, settings)
    return check_address(channel, address, webhook_hosts=settings.slack.webhook_hosts)


def _error_of(check: Callable[[], object]) -> DigestError | None:
    try:
        check()
    except (ProfileError, SubscriptionError) as error:
        return error
    return None
