"""One's own page, by a signed link: the schedule, a pause, resuming."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from digest import subscriptions
from digest.account_wording import day_name
from digest.errors import Inactive, SubscriptionError
from digest.schedule_wording import schedule_line
from digest.slots import DAY, slot_of
from digest.subscriptions import Schedule
from digest.tokens import Purpose
from digest.web.desk import At
from digest.web.fields import day_of, empty_choice, hour, rhythm, told
from digest.web.preferences_page import ScheduleForm, done, show, subscriber_of
from digest.web.problems import Check, Problem, problems_of, schedule_checks

routes = APIRouter(include_in_schema=False, prefix="/p/{token}")
pausing = APIRouter(include_in_schema=False)

SAVED = {
    "schedule": "Your schedule is saved.",
    "profile": "The profile is saved.",
    "removed": "The profile is removed.",
    "weights": "What was learnt is changed.",
    "feedback": "Your feedback is taken back.",
    "pause": "Paused.",
    "resume": "Welcome back.",
}
Text = Annotated[str, Form()]


@routes.get("")
def page(desk: At, token: str, saved: str = "") -> HTMLResponse:
    """All preferences on one page."""
    return show(desk, token, note=SAVED.get(saved, ""))


@routes.post("/schedule")
def schedule(desk: At, token: str, given: Annotated[ScheduleForm, Form()]) -> Response:
    """Change when digests come."""
    who = desk.subject(Purpose.PREFERENCES, token)
    try:
        asked = Schedule(
            given.timezone,
            hour(given.send_at),
            rhythm(given.often, given.weekly_on, given.weekdays),
            empty_choice(given.empty),
            rising=bool(given.rising),
        )
        with desk.writing() as session:
            subscriptions.change_schedule(session, who, asked, desk.clock())
    except SubscriptionError as error:
        return show(desk, token, problems=problems_of(_checks(given), error), schedule=given)
    return done(desk, token, "schedule")


def _checks(given: ScheduleForm) -> Iterator[Check]:
    """Each field's own check, in the order of the form."""
    yield from schedule_checks(given.timezone, given.send_at, given.often, given.weekly_on, given.weekdays)
    yield "empty", lambda: empty_choice(given.empty)


@routes.post("/pause")
def pause(desk: At, token: str, until: Text = "") -> Response:
    """Pause until a date, or until resumed."""
    who = desk.subject(Purpose.PREFERENCES, token)
    try:
        with desk.writing() as session:
            subscriptions.pause(session, who, desk.clock(), until=day_of(until))
    except Inactive:  # the form has no field that could mend it
        raise
    except SubscriptionError as error:
        return show(desk, token, problems=(Problem("until", told(error)),))
    return done(desk, token, "pause")


@routes.post("/resume")
def resume(desk: At, token: str) -> Response:
    """End a pause."""
    who = desk.subject(Purpose.PREFERENCES, token)
    try:
        with desk.writing() as session:
            subscriptions.resume(session, who, desk.clock())
    except Inactive:
        raise
    except SubscriptionError as error:
        return show(desk, token, problems=(Problem("", told(error)),))
    return done(desk, token, "resume")


# --- the pause page of mails -----------------------------------------------------------------


@pausing.get("/pause/{token}")
def pause_page(desk: At, token: str) -> HTMLResponse:
    """A date to pause until, and the button."""
    one = subscriber_of(desk, token)
    if not one.active:
        raise Inactive("nothing is sent to that subscriber", state=one.state, remedy="subscribe again")
    tomorrow = slot_of(desk.clock(), one.timezone) + DAY
    return desk.page(
        "pause.html",
        me=f"/p/{token}",
        schedule=schedule_line(one),
        until=f"paused until {day_name(one.paused_until)}" if one.paused_until else "",
        tomorrow=tomorrow,
    )
