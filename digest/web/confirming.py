"""Confirming a sign-up: a page with a button, which works once."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from digest.model import Subscriber
from digest.schedule_wording import schedule_line
from digest.store import subscribers
from digest.subscriptions import confirm, unconfirmed
from digest.tokens import Purpose
from digest.web.desk import At, Desk

routes = APIRouter(include_in_schema=False, prefix="/confirm/{token}")


@routes.get("")
def confirm_page(desk: At, token: str) -> HTMLResponse:
    """What will be sent, and the button that says yes. Opening it changes nothing."""
    number = desk.subject(Purpose.CONFIRM, token)
    with desk.reading() as session:
        asked = unconfirmed(session, subscribers.get(session, number))
    if asked is None:
        return _already(desk)
    return desk.page(
        "confirm.html", token=token, profiles=asked.profiles, schedule=schedule_line(asked.subscriber)
    )


@routes.post("")
def confirm_now(desk: At, token: str) -> HTMLResponse:
    """Confirm. Pressing twice is the same as once."""
    number = desk.subject(Purpose.CONFIRM, token)
    with desk.writing() as session:
        one = confirm(session, number, desk.keys, desk.clock())
    return confirmed_page(desk, one)


def confirmed_page(desk: Desk, one: Subscriber) -> HTMLResponse:
    """When the first digest comes, and the way to the preferences."""
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
