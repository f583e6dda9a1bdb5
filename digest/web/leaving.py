"""Leaving: by the button of a page, or by the mail program itself (RFC 8058)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from digest import subscriptions
from digest.errors import NotFound
from digest.model import Subscriber, SubscriberState
from digest.schedule_wording import DAYS
from digest.store import subscribers
from digest.subscriptions import Schedule
from digest.tokens import Purpose
from digest.web.desk import At, Desk

routes = APIRouter(include_in_schema=False)


@routes.get("/u/{token}")
def unsubscribe_page(desk: At, token: str) -> HTMLResponse:
    """A button. Opening the page changes nothing: scanners open it too."""
    who = desk.subject(Purpose.UNSUBSCRIBE, token)
    one = _find(desk, who)
    gone = one is None or one.state is SubscriberState.UNSUBSCRIBED
    return desk.page("unsubscribe.html", token=token, gone=gone)


@routes.post("/u/{token}")
def unsubscribe(desk: At, token: str) -> Response:
    """Unsubscribe at once. No cookie, no form token, no body needed; repeating it is the same.

    The body (``List-Unsubscribe=One-Click``, either encoding) is not even looked at: the token in
    the path says it all.
    """
    who = desk.subject(Purpose.UNSUBSCRIBE, token)
    before = _find(desk, who)
    with desk.writing() as session:
        subscriptions.leave(session, who, desk.clock())
    leaving = before is not None and before.active
    weekly = leaving and before is not None and len(before.weekdays) > 1
    offer = f"/back/{desk.token(Purpose.BACK, who)}" if leaving else ""
    return desk.page("goodbye.html", offer=offer, weekly=weekly)


def _find(desk: Desk, who: int) -> Subscriber | None:
    with desk.reading() as session:
        try:
            return subscribers.get(session, who)
        except NotFound:
            return None


@routes.get("/back/{token}")
def back_page(desk: At, token: str) -> HTMLResponse:
    """Reloading the goodbye page ends here: nothing changes."""
    who = desk.subject(Purpose.BACK, token)
    one = _find(desk, who)
    if one is not None and one.active:
        return desk.page(
            "message.html",
            heading="You are back",
            paragraphs=["Your subscription goes on."],
            links=[(f"/p/{desk.token(Purpose.PREFERENCES, who)}", "Your preferences")],
        )
    return desk.page(
        "message.html",
        heading="Goodbye",
        paragraphs=["You are unsubscribed. No more digests will come."],
        links=[("/subscribe", "Subscribe again")],
    )


@routes.post("/back/{token}")
def come_back(desk: At, token: str, instead: Annotated[str, Form()] = "") -> Response:
    """Weekly, or a pause, instead of leaving: offered once, on the goodbye page, good for an hour.

    Pressing again changes nothing and shows what came of it.
    """
    who = desk.subject(Purpose.BACK, token)
    now = desk.clock()
    with desk.writing() as session:
        if subscribers.get(session, who, lock=True).active:
            return _preferences(desk, who)
        one = subscriptions.come_back(session, who, now)
        if instead == "pause":
            subscriptions.pause(session, who, now)
        else:
            weekly = Schedule(
                one.timezone,
                one.send_at,
                frozenset({min(one.weekdays)}),
                one.empty_digests,
                rising=one.rising,
            )
            subscriptions.change_schedule(session, who, weekly, now)
    told = "You are paused until you resume." if instead == "pause" else _weekly_line(min(one.weekdays))
    return desk.page(
        "message.html",
        heading="Good to have you",
        paragraphs=[told],
        links=[(f"/p/{desk.token(Purpose.PREFERENCES, who)}", "Your preferences")],
    )


def _preferences(desk: Desk, who: int) -> RedirectResponse:
    return RedirectResponse(f"{desk.root}/p/{desk.token(Purpose.PREFERENCES, who)}", status_code=303)


def _weekly_line(day: int) -> str:
    return f"One digest a week, on {DAYS[day]}."
