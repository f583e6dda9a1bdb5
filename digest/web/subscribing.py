"""The form to subscribe with, its trial run, and the one confirmation."""

from __future__ import annotations

import time
import zoneinfo
from dataclasses import dataclass, field
from datetime import time as clock_time
from datetime import timedelta
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from digest.account_wording import plural
from digest.errors import DigestError, ProfileError, SubscriptionError, TokenError
from digest.model import ChannelName, EmptyDigests, SubscriberState
from digest.ranking.language import parse_profile
from digest.schedule_wording import schedule_line
from digest.store import profiles, subscribers
from digest.store.profiles import Draft
from digest.subscriptions import Wishes, ask_for_link, check_address, check_wishes, confirm, sign_up
from digest.tokens import LIFETIMES, Purpose, sign, verify
from digest.web.desk import At, Client, Desk
from digest.web.lab import Trial, trial

routes = APIRouter(include_in_schema=False)

LEAST_SECONDS = timedelta(seconds=2)
"""Nobody fills the form in faster; programs do."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian")


class SignUpForm(BaseModel):
    """The form as it came: text everywhere, so that what is wrong is shown in place, not refused."""

    address: str = ""
    channel: str = "email"
    keywords: str = ""
    follow: str = "keywords"
    timezone: str = "UTC"
    send_at: str = "07:30"
    weekdays: list[str] = field(default_factory=list)
    bar: str = ""
    limit: str = ""
    website: str = ""
    form: str = ""


Given = Annotated[SignUpForm, Form()]


@dataclass(slots=True)
class Problem:
    """What is wrong, at which field."""

    field: str
    text: str


@cache
def zones() -> tuple[str, ...]:
    """The zones to choose from, by region; abbreviations and links into the past are left out."""
    return ("UTC", *sorted(name for name in zoneinfo.available_timezones() if name.startswith(REGIONS)))


@routes.get("/subscribe")
def form(desk: At, keywords: str | None = None) -> HTMLResponse:
    """The empty form; ``keywords`` may come from the box on other pages, where none means trending."""
    defaults = desk.house.settings.digest
    given = SignUpForm(
        keywords=(keywords or "")[:4000],
        follow="trending" if keywords is not None and not keywords.strip() else "keywords",
        timezone=defaults.timezone,
        send_at=f"{defaults.send_at:%H:%M}",
        weekdays=[str(day) for day in range(7)],
        bar=f"{defaults.bar:g}",
        limit=str(defaults.limit),
    )
    return _form_page(desk, given, guess=True)


@routes.post("/subscribe/try")
def try_it(desk: At, given: Given) -> HTMLResponse:
    """The form again with what the profile would have found. For browsers without JavaScript."""
    return _form_page(desk, given)


@routes.post("/lab")
def lab(
    desk: At,
    keywords: Annotated[str, Form()] = "",
    bar: Annotated[str, Form()] = "",
    limit: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """What a profile would have found, as a piece of a page."""
    given = SignUpForm(keywords=keywords, bar=bar, limit=limit)
    tried, wrong = _trial(desk, given)
    return desk.page("lab.html", trial=tried, trial_wrong=wrong)


@routes.post("/subscribe")
def subscribe(desk: At, given: Given, client: Client) -> HTMLResponse:
    """Take a sign-up. Every address that can exist gets the same answer, after the same time."""
    started = time.monotonic()
    try:
        young = _age_of(desk, given.form) < LEAST_SECONDS
        wishes = _wishes(desk, given)
    except TokenError:
        return _form_page(desk, given, note="The page was open for long. Please press the button once more.")
    except DigestError as error:
        return _form_page(desk, given, problem=_problem(given, error))
    if young:
        return _form_page(desk, given, note="That was quick. Please press the button once more.")
    if not given.website:  # filled in by programs alone: they get the answer, and nothing happens
        with desk.writing() as session:
            sign_up(session, wishes, keys=desk.keys, client=client, bounds=desk.bounds, now=desk.clock())
    _even_out(desk, started)
    return desk.page("asked.html", hours=_hours(Purpose.CONFIRM))


def _even_out(desk: Desk, started: float) -> None:
    """Known and unknown addresses cost different work: answer after the same time."""
    time.sleep(max(0.0, started + desk.answer_seconds - time.monotonic()))


def _hours(purpose: Purpose) -> int:
    lifetime = LIFETIMES[purpose]
    return int(lifetime.total_seconds() // 3600) if lifetime else 0


def _age_of(desk: Desk, token: str) -> timedelta:
    """How long ago the form was made; forged and old ones raise ``TokenError``."""
    made = int(verify(desk.keys, Purpose.FORM, token, desk.clock()))
    return timedelta(seconds=desk.clock().timestamp() - made)


def _form_token(desk: Desk) -> str:
    now = desk.clock()
    return sign(desk.keys, Purpose.FORM, str(int(now.timestamp())), now)


def _wishes(desk: Desk, given: SignUpForm) -> Wishes:
    trending = given.follow == "trending"
    draft = Draft(
        "Trending" if trending else "Papers",
        "" if trending else given.keywords,
        number(given.bar, "bar"),
        whole_number(given.limit, "limit"),
    )
    settings = desk.house.settings
    return check_wishes(
        Wishes(
            _channel(given.channel),
            given.address,
            (draft,),
            given.timezone,
            hour(given.send_at),
            days(given.weekdays),
            EmptyDigests(settings.digest.empty),
            settings.digest.rising,
        ),
        trending=trending,
        webhook_hosts=settings.slack.webhook_hosts,
    )


def _channel(name: str) -> ChannelName:
    if name == ChannelName.EMAIL:
        return ChannelName.EMAIL
    raise SubscriptionError("that channel cannot be chosen here", remedy="choose e-mail")


# --- reading fields --------------------------------------------------------------------------


def number(text: str, name: str) -> float | None:
    """A decimal number, or ``None`` for an empty field."""
    try:
        return float(text.replace(",", ".")) if text.strip() else None
    except ValueError as error:
        raise SubscriptionError(f"the {name} is no number", remedy="give a number such as 5") from error


def whole_number(text: str, name: str) -> int | None:
    """A whole number, or ``None`` for an empty field."""
    found = number(text, name)
    if found is not None and (found != found or abs(found) > 1e6 or found != int(found)):
        raise SubscriptionError(f"the {name} is no whole number", remedy="give a number such as 10")
    return None if found is None else int(found)


def hour(text: str) -> clock_time:
    """A time of day."""
    try:
        return clock_time.fromisoformat(text.strip())
    except ValueError as error:
        raise SubscriptionError("the hour is no time of day", remedy="give hh:mm, such as 07:30") from error


def days(names: list[str]) -> frozenset[int]:
    """The chosen weekdays, Monday is 0."""
    return frozenset(int(name) for name in names if name in set("0123456"))


# --- pages -----------------------------------------------------------------------------------


def _problem(given: SignUpForm, error: DigestError) -> Problem:
    """Which field an error belongs to: the first whose own check fails the same way."""
    text = f"{str(error)[:1].upper()}{str(error)[1:]}." + (
        f" {error.remedy[:1].upper()}{error.remedy[1:]}." if error.remedy else ""
    )
    if isinstance(error, ProfileError):
        return Problem("keywords", text)
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
    )
    return Problem(next((name for word, name in signs if word in str(error)), ""), text)


def _form_page(
    desk: Desk, given: SignUpForm, *, problem: Problem | None = None, note: str = "", guess: bool = False
) -> HTMLResponse:
    tried, wrong = _trial(desk, given)
    return desk.page(
        "subscribe.html",
        status=422 if problem else 200,
        headers={"Cache-Control": "no-store"},
        here="/subscribe",
        given=given,
        problem=problem,
        note=note,
        guess=guess,
        token=_form_token(desk),
        zones=zones(),
        weekday_names=WEEKDAYS,
        trial=tried,
        trial_wrong=wrong,
    )


def _trial(desk: Desk, given: SignUpForm) -> tuple[Trial | None, str]:
    """The trial run of a profile, or what is wrong with it; nothing for an empty one."""
    if not given.keywords.strip():
        return None, ""
    try:
        draft = Draft("Papers", given.keywords, number(given.bar, "bar"), whole_number(given.limit, "limit"))
        return trial(desk, draft), ""
    except (ProfileError, SubscriptionError) as error:
        return None, f"{error}. {error.remedy}"


# --- confirming ------------------------------------------------------------------------------


@routes.get("/confirm/{token}")
def confirm_page(desk: At, token: str) -> HTMLResponse:
    """What will be sent, and the button that says yes. Opening it changes nothing."""
    number_ = desk.subject(Purpose.CONFIRM, token)
    with desk.reading() as session:
        one = subscribers.get(session, number_)
        own = profiles.of_subscriber(session, number_, parse_profile)
    if one.state is not SubscriberState.UNCONFIRMED:
        return _already(desk)
    return desk.page("confirm.html", token=token, profiles=own, schedule=schedule_line(one))


@routes.post("/confirm/{token}")
def confirm_now(desk: At, token: str) -> HTMLResponse:
    """Confirm. Pressing twice is the same as once."""
    number_ = desk.subject(Purpose.CONFIRM, token)
    with desk.writing() as session:
        one = confirm(session, number_, desk.clock())
    return desk.page(
        "confirmed.html",
        one=one,
        schedule=schedule_line(one),
        preferences=f"/p/{desk.token(Purpose.PREFERENCES, one.id)}",
    )


def _already(desk: Desk) -> HTMLResponse:
    return desk.page(
        "message.html",
        heading="This link was used already",
        paragraphs=["There is nothing left to confirm. Every digest has a link to your preferences."],
        links=[("/link", "Send me a link to my preferences"), ("/subscribe", "Subscribe again")],
    )


# --- a lost link -----------------------------------------------------------------------------


@routes.get("/link")
def link_form(desk: At) -> HTMLResponse:
    """Where to ask for a fresh link to one's preferences."""
    return desk.page(
        "link.html", headers={"Cache-Control": "no-store"}, token=_form_token(desk), wrong="", address=""
    )


@routes.post("/link")
def send_link(
    desk: At,
    client: Client,
    address: Annotated[str, Form()] = "",
    form: Annotated[str, Form()] = "",
    website: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Send a fresh link, if the address is subscribed; the answer does not tell."""
    started = time.monotonic()
    try:
        _age_of(desk, form)
        checked = check_address(ChannelName.EMAIL, address)
    except DigestError as error:
        return desk.page(
            "link.html",
            status=422,
            token=_form_token(desk),
            wrong=f"{error}. {error.remedy}",
            address=address,
        )
    if not website:
        wishes = Wishes(ChannelName.EMAIL, checked, ())
        with desk.writing() as session:
            ask_for_link(session, wishes, keys=desk.keys, client=client, bounds=desk.bounds, now=desk.clock())
    _even_out(desk, started)
    return desk.page(
        "message.html",
        heading="Look into your mailbox",
        paragraphs=[
            "If this address is subscribed, a mail with a link is on its way. It may take a few minutes.",
            f"We send {plural(desk.bounds.mails_per_day, 'such mail')} a day at most.",
        ],
        links=[],
    )
