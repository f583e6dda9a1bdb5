"""One's own page, by a signed link: schedule, profiles, what was learnt, pause, export, erase."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from digest import subscriptions
from digest.account_wording import day_name
from digest.channels import lines
from digest.errors import DigestError, SubscriptionError
from digest.model import EmptyDigests, Subscriber, SubscriberState
from digest.ranking.language import parse_profile
from digest.schedule_wording import schedule_line
from digest.store import digests, feedback, papers, profiles, subscribers
from digest.store.profiles import Draft
from digest.subscriptions import Schedule
from digest.tokens import Purpose
from digest.web.desk import At, Desk
from digest.web.lab import Trial, material_of, trial
from digest.web.subscribing import WEEKDAYS, days, hour, number, whole_number, zones

routes = APIRouter(include_in_schema=False, prefix="/p/{token}")

SAVED = {
    "schedule": "Your schedule is saved.",
    "profile": "The profile is saved.",
    "removed": "The profile is removed.",
    "weights": "What was learnt is changed.",
    "feedback": "Your feedback is taken back.",
    "pause": "Paused.",
    "resume": "Welcome back.",
}
PAST_DIGESTS = 30
Text = Annotated[str, Form()]


@routes.get("")
def page(desk: At, token: str, saved: str = "") -> HTMLResponse:
    """All preferences on one page."""
    return _page(desk, token, note=SAVED.get(saved, ""))


def _page(
    desk: Desk,
    token: str,
    *,
    note: str = "",
    wrong: str = "",
    draft: Draft | None = None,
    draft_of: int | None = None,
    tried: Trial | None = None,
) -> HTMLResponse:
    """The page; with a draft that was refused, or tried, in its form."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.reading() as session:
        one = subscribers.get(session, who)
        own = profiles.of_subscriber(session, who, parse_profile)
        past = digests.of_subscriber(session, who, limit=PAST_DIGESTS)
        words = _words(session, who)
    return desk.page(
        "preferences.html",
        status=422 if wrong else 200,
        one=one,
        me=f"/p/{token}",
        unsubscribe=f"/u/{desk.token(Purpose.UNSUBSCRIBE, who)}",
        paused=one.state is SubscriberState.PAUSED,
        active=one.state in {SubscriberState.CONFIRMED, SubscriberState.PAUSED},
        schedule=schedule_line(one),
        profiles=own,
        feeds={profile.id: f"/feed/{desk.token(Purpose.FEED, profile.id)}" for profile in own},
        past=[(f"/d/{desk.token(Purpose.DIGEST, found.id)}", found) for found in past],
        words=words,
        zones=zones(),
        weekday_names=WEEKDAYS,
        empty_choices=list(EmptyDigests),
        default_bar=desk.house.settings.digest.bar,
        default_limit=desk.house.settings.digest.limit,
        note=note,
        wrong=wrong,
        draft=draft,
        draft_of=draft_of,
        trial=tried,
        trial_wrong="",
    )


def _words(session: Session, who: int) -> list[tuple[str, str, str]]:
    """What was said on which paper: verdict, title, id."""
    said = feedback.of_subscriber(session, who)
    known = papers.load(session, {one.paper_id for one in said})
    return [
        (
            one.verdict,
            lines.title(known[one.paper_id]) if one.paper_id in known else one.paper_id,
            one.paper_id,
        )
        for one in said
    ]


def _done(desk: Desk, token: str, what: str) -> RedirectResponse:
    """Back to the page, so that reloading does not send the form again."""
    return RedirectResponse(f"{desk.root}/p/{token}?saved={what}", status_code=303)


def _told(error: DigestError) -> str:
    return f"{str(error)[:1].upper()}{str(error)[1:]}. {error.remedy[:1].upper()}{error.remedy[1:]}".strip()


# --- schedule --------------------------------------------------------------------------------


@routes.post("/schedule")
def schedule(
    desk: At,
    token: str,
    timezone: Text = "",
    send_at: Text = "",
    weekdays: Annotated[list[str], Form()] = [],  # noqa: B006  FastAPI copies it
    empty: Text = EmptyDigests.WEEKLY,
    rising: Text = "",
) -> Response:
    """Change when digests come."""
    who = desk.subject(Purpose.PREFERENCES, token)
    try:
        asked = Schedule(timezone, hour(send_at), days(weekdays), _empty(empty), rising=bool(rising))
        with desk.writing() as session:
            subscriptions.change_schedule(session, who, asked, desk.clock())
    except SubscriptionError as error:
        return _page(desk, token, wrong=_told(error))
    return _done(desk, token, "schedule")


def _empty(name: str) -> EmptyDigests:
    try:
        return EmptyDigests(name)
    except ValueError as error:
        raise SubscriptionError("that is no choice for empty digests", remedy="choose one shown") from error


@routes.post("/pause")
def pause(desk: At, token: str, until: Text = "") -> Response:
    """Pause until a date, or until resumed."""
    who = desk.subject(Purpose.PREFERENCES, token)
    try:
        with desk.writing() as session:
            subscriptions.pause(session, who, desk.clock(), until=day_of(until))
    except SubscriptionError as error:
        return _page(desk, token, wrong=_told(error))
    return _done(desk, token, "pause")


def day_of(text: str) -> date | None:
    """A date, or ``None`` for an empty field."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise SubscriptionError("that is no date", remedy="give it as 2026-03-31") from error


@routes.post("/resume")
def resume(desk: At, token: str) -> Response:
    """End a pause."""
    who = desk.subject(Purpose.PREFERENCES, token)
    try:
        with desk.writing() as session:
            subscriptions.resume(session, who, desk.clock())
    except SubscriptionError as error:
        return _page(desk, token, wrong=_told(error))
    return _done(desk, token, "resume")


# --- profiles --------------------------------------------------------------------------------


@routes.post("/profiles/{name}")
def save_profile(
    desk: At,
    token: str,
    name: str,
    title: Text = "",
    keywords: Text = "",
    bar: Text = "",
    limit: Text = "",
    learning: Text = "",
    trending: Text = "",
    action: Text = "save",
) -> Response:
    """Save a profile, try it, or remove it; ``name`` is its number, or ``new``."""
    who = desk.subject(Purpose.PREFERENCES, token)
    known = int(name) if name.isdigit() and len(name) < 19 else None
    draft = Draft(title, keywords, learning=bool(learning))
    try:
        if action == "remove" and known is not None:
            with desk.writing() as session:
                subscriptions.remove_profile(session, who, known)
            return _done(desk, token, "removed")
        draft = Draft(
            title, keywords, number(bar, "bar"), whole_number(limit, "limit"), learning=bool(learning)
        )
        if action == "try":
            return _page(desk, token, draft=draft, draft_of=known, tried=trial(desk, draft))
        with desk.writing() as session:
            subscriptions.save_profile(session, who, known, draft, desk.clock(), trending=bool(trending))
    except DigestError as error:
        return _page(desk, token, wrong=_told(error), draft=draft, draft_of=known)
    return _done(desk, token, "profile")


@routes.post("/weights")
def reset(desk: At, token: str) -> Response:
    """Forget all that was learnt, and the feedback it came from."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.writing() as session:
        subscriptions.forget_learnt(session, who)
    return _done(desk, token, "weights")


@routes.post("/weights/{profile_id}")
def forget_term(desk: At, token: str, profile_id: int, term: Text) -> Response:
    """Forget one learnt term."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.writing() as session:
        subscriptions.forget_term(session, who, profile_id, term)
    return _done(desk, token, "weights")


@routes.post("/feedback/{paper_id:path}")
def undo_feedback(desk: At, token: str, paper_id: str) -> Response:
    """Take a word on a paper back."""
    who = desk.subject(Purpose.PREFERENCES, token)
    corpus = material_of(desk).corpus
    subscriptions.judge(desk.house.engine, who, paper_id, None, corpus, desk.clock())
    return _done(desk, token, "feedback")


# --- data ------------------------------------------------------------------------------------


@routes.get("/export.json")
def export(desk: At, token: str) -> Response:
    """Everything held on this person, as a file."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.reading() as session:
        found = subscriptions.export(session, who)
    body = json.dumps(found, default=str, ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": 'attachment; filename="digest-export.json"'}
    return Response(body, media_type="application/json", headers=headers)


@routes.get("/erase")
def erase_page(desk: At, token: str) -> HTMLResponse:
    """What erasing means, and the button."""
    one = _subscriber(desk, token)
    return desk.page("erase.html", me=f"/p/{token}", address=shown(one))


@routes.post("/erase")
def erase(desk: At, token: str, never_again: Text = "") -> HTMLResponse:
    """Remove everything held on this person."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.writing() as session:
        subscriptions.erase(session, who, desk.keys, desk.clock(), never_again=bool(never_again))
    return desk.page(
        "message.html",
        heading="Everything is erased",
        paragraphs=[
            "Nothing about you is held here any more. Backups of the store lose it as they expire.",
            *(
                ["A fingerprint of the address stays, so that nobody signs it up again."]
                if never_again
                else []
            ),
        ],
        links=[("/", "To the papers")],
    )


def _subscriber(desk: Desk, token: str) -> Subscriber:
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.reading() as session:
        return subscribers.get(session, who)


def shown(one: Subscriber) -> str:
    """The address as its owner may see it; a webhook by its end only."""
    return one.address if "://" not in one.address else f"webhook …{one.address[-4:]}"


# --- the pause page of mails -----------------------------------------------------------------

pausing = APIRouter(include_in_schema=False)


@pausing.get("/pause/{token}")
def pause_page(desk: At, token: str) -> HTMLResponse:
    """A date to pause until, and the button."""
    one = _subscriber(desk, token)
    today = desk.clock().date()
    return desk.page(
        "pause.html",
        me=f"/p/{token}",
        schedule=schedule_line(one),
        until=f"paused until {day_name(one.paused_until)}" if one.paused_until else "",
        today=today,
    )
