"""Subscribing: the form, its trial run, and the one answer that every address gets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from digest.errors import DigestError, ProfileError, SubscriptionError, TokenError
from digest.model import ChannelName
from digest.slack_address import public
from digest.store.profiles import Draft
from digest.subscriptions import Wishes, join_by_webhook, sign_up
from digest.tokens import Purpose
from digest.web.confirming import confirmed_page
from digest.web.desk import At, Client, Desk
from digest.web.fields import WEEKDAYS, number, told, whole_number, zones
from digest.web.forms import LEAST_SECONDS, ONCE_MORE, age_of, even_out, form_token, hours
from digest.web.lab import Trial, days_asked, trial
from digest.web.problems import Problem, problems_of
from digest.web.sign_up_form import SignUpForm, sign_up_checks, wishes_of

routes = APIRouter(include_in_schema=False)

Given = Annotated[SignUpForm, Form()]
PROFILE = frozenset({"keywords", "bar", "limit"})
"""The fields a trial run reads: while one of them is wrong, there is nothing to try."""


@routes.get("/subscribe")
def form(desk: At, keywords: str | None = None) -> HTMLResponse:
    """The empty form; ``keywords`` may come from the box on other pages, where none means trending."""
    defaults = desk.house.settings.digest
    given = SignUpForm(
        keywords=(keywords or "")[:4000],
        follow="trending" if keywords is not None and not keywords.strip() else "keywords",
        timezone=defaults.timezone,
        send_at=f"{defaults.send_at:%H:%M}",
        often="daily",
        weekdays=[str(day) for day in range(5)],
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
    days: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """What a profile would have found, as a piece of a page."""
    given = SignUpForm(keywords=keywords, bar=bar, limit=limit, days=days)
    tried, wrong = _trial(desk, given)
    return desk.page("lab.html", trial=tried, trial_wrong=wrong)


@routes.post("/subscribe")
def subscribe(desk: At, given: Given, client: Client) -> HTMLResponse:
    """Take a sign-up. Every address that can exist gets the same answer, after the same time."""
    started = time.monotonic()
    try:
        young = age_of(desk, given.form) < LEAST_SECONDS
        wishes = wishes_of(given, desk.house.settings)
    except TokenError:
        return _form_page(desk, given, note=ONCE_MORE)
    except DigestError as error:
        checks = sign_up_checks(given, desk.house.settings)
        return _form_page(desk, given, problems=problems_of(checks, error))
    if young:
        return _form_page(desk, given, note="That was quick. Please press the button once more.")
    if wishes.channel is ChannelName.SLACK:
        return _join_slack(desk, given, wishes, client)
    if not given.website:  # filled in by programs alone: they get the answer, and nothing happens
        with desk.writing() as session:
            sign_up(session, wishes, keys=desk.keys, client=client, bounds=desk.bounds, now=desk.clock())
    even_out(desk, started)
    return desk.page("asked.html", hours=hours(Purpose.CONFIRM))


def _join_slack(desk: Desk, given: SignUpForm, wishes: Wishes, client: str) -> HTMLResponse:
    """A webhook is subscribed at once: whoever knows it may post there."""
    one = None
    if not given.website:
        hosts = public(desk.house.settings.slack.webhook_hosts)
        with desk.writing() as session:
            one = join_by_webhook(
                session,
                wishes,
                keys=desk.keys,
                client=client,
                bounds=desk.bounds,
                now=desk.clock(),
                webhook_hosts=hosts,
            )
    if one is None:
        return desk.page(
            "message.html",
            heading="Nothing to do",
            paragraphs=["This webhook gets digests already; each has a link to its preferences."],
            links=[("/", "To the papers")],
        )
    return confirmed_page(desk, one)


def _form_page(
    desk: Desk, given: SignUpForm, *, problems: Sequence[Problem] = (), note: str = "", guess: bool = False
) -> HTMLResponse:
    marked = {one.field: one.text for one in problems}
    tried, wrong = (None, "") if PROFILE & marked.keys() else _trial(desk, given)
    return desk.page(
        "subscribe.html",
        status=422 if problems else 200,
        headers={"Cache-Control": "no-store"},
        here="/subscribe",
        given=given,
        problems=problems,
        wrong=marked,
        note=note,
        guess=guess,
        token=form_token(desk),
        slack_app=_slack_app(desk),
        slack_install=desk.house.settings.slack.installable,
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
        return trial(desk, draft, days=days_asked(given.days)), ""
    except (ProfileError, SubscriptionError) as error:
        return None, told(error)


def _slack_app(desk: Desk) -> bool:
    """Whether ``/digest`` can be written in Slack: there is an app, not webhooks alone."""
    slack = desk.house.settings.slack
    return slack.installable or bool(slack.bot_token and (slack.app_token or slack.signing_secret))
