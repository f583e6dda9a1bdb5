"""Subscribing: the form, its trial run, and the one answer that every address gets."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from digest.errors import DigestError, ProfileError, SubscriptionError, TokenError
from digest.store.profiles import Draft
from digest.subscriptions import sign_up
from digest.tokens import Purpose
from digest.web.desk import At, Client, Desk
from digest.web.fields import WEEKDAYS, number, told, whole_number, zones
from digest.web.forms import LEAST_SECONDS, age_of, even_out, form_token, hours
from digest.web.lab import Trial, trial
from digest.web.sign_up_form import Problem, SignUpForm, problem_of, wishes_of

routes = APIRouter(include_in_schema=False)

Given = Annotated[SignUpForm, Form()]


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
        young = age_of(desk, given.form) < LEAST_SECONDS
        wishes = wishes_of(given, desk.house.settings)
    except TokenError:
        return _form_page(desk, given, note="The page was open for long. Please press the button once more.")
    except DigestError as error:
        return _form_page(desk, given, problem=problem_of(given, error))
    if young:
        return _form_page(desk, given, note="That was quick. Please press the button once more.")
    if not given.website:  # filled in by programs alone: they get the answer, and nothing happens
        with desk.writing() as session:
            sign_up(session, wishes, keys=desk.keys, client=client, bounds=desk.bounds, now=desk.clock())
    even_out(desk, started)
    return desk.page("asked.html", hours=hours(Purpose.CONFIRM))


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
        token=form_token(desk),
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
        return None, told(error)
