"""One's own profiles: save, try, remove; what was learnt, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import Response

from digest import subscriptions
from digest.errors import DigestError, NotFound, ProfileError, SubscriptionError
from digest.model import Profile
from digest.ranking.stored_profiles import read_stored
from digest.store import profiles
from digest.store.profiles import Draft
from digest.subscriptions import check_own_name
from digest.tokens import Purpose
from digest.web.desk import At, Desk
from digest.web.fields import number, told, whole_number
from digest.web.lab import days_asked, material_of, trial
from digest.web.preferences_page import ProfileForm, Typed, done, show
from digest.web.problems import Check, problems_of, profile_checks

routes = APIRouter(include_in_schema=False, prefix="/p/{token}")

Text = Annotated[str, Form()]
Number = Annotated[int, Path(ge=1, lt=2**63)]
NEW = "new"


@routes.post("/profiles/{name}")
def save_profile(desk: At, token: str, name: str, given: Annotated[ProfileForm, Form()]) -> Response:
    """Save a profile, try it, or remove it; ``name`` is its number, or ``NEW``."""
    who = desk.subject(Purpose.PREFERENCES, token)
    known = _number(name)
    try:
        if given.action == "remove" and known is not None:
            with desk.writing() as session:
                subscriptions.remove_profile(session, who, known)
            return done(desk, token, "removed")
        draft = _draft(given)
        if given.action == "try":
            tried = trial(desk, draft, days=days_asked(given.days), saved=_own(desk, who, known))
            return show(desk, token, typed=Typed(given, known, tried))
        with desk.writing() as session:
            subscriptions.save_profile(
                session, who, known, draft, desk.clock(), trending=bool(given.trending)
            )
    except DigestError as error:
        problems = problems_of(_checks(given, _others(desk, who, known)), error)
        return show(desk, token, problems=problems, typed=Typed(given, known))
    return done(desk, token, "profile")


def _draft(given: ProfileForm) -> Draft:
    return Draft(
        given.title,
        given.keywords,
        number(given.bar, "bar"),
        whole_number(given.limit, "limit"),
        learning=bool(given.learning),
    )


def _checks(given: ProfileForm, others: list[Profile]) -> Iterator[Check]:
    """Each field's own check, in the order of the form: of those that the action reads."""
    if given.action == "remove":
        return
    if given.action != "try":
        yield "title", lambda: check_own_name(given.title, others)
    trending = bool(given.trending) and given.action != "try"
    yield from profile_checks(given.keywords, given.bar, given.limit, trending=trending)


@routes.post("/profiles/{name}/lab")
def lab(
    desk: At,
    token: str,
    name: str,
    keywords: Text = "",
    bar: Text = "",
    limit: Text = "",
    learning: Text = "",
    days: Text = "",
) -> Response:
    """What an edit would have changed, as a piece of a page."""
    who = desk.subject(Purpose.PREFERENCES, token)
    saved = _own(desk, who, _number(name))
    try:
        draft = Draft(
            "trial", keywords, number(bar, "bar"), whole_number(limit, "limit"), learning=bool(learning)
        )
        tried = trial(desk, draft, days=days_asked(days), saved=saved) if keywords.strip() else None
    except (ProfileError, SubscriptionError) as error:
        return desk.page("lab.html", trial=None, trial_wrong=told(error))
    return desk.page("lab.html", trial=tried, trial_wrong="")


def _own(desk: Desk, who: int, number: int | None) -> Profile | None:
    """One's own saved profile; ``None`` for a new one. Raises ``NotFound`` for another's."""
    if number is None:
        return None
    found = next((one for one in _saved(desk, who) if one.id == number), None)
    if found is None:
        raise NotFound("there is no such profile")
    return found


def _others(desk: Desk, who: int, number: int | None) -> list[Profile]:
    """One's own saved profiles but one."""
    return [one for one in _saved(desk, who) if one.id != number]


def _saved(desk: Desk, who: int) -> Sequence[Profile]:
    with desk.reading() as session:
        return profiles.of_subscriber(session, who, read_stored)


def _number(name: str) -> int | None:
    """The number of a profile, ``None`` for a new one."""
    if name == NEW:
        return None
    if not (name.isascii() and name.isdigit() and len(name) < 19):
        raise NotFound("there is no such profile")
    return int(name)


@routes.post("/weights")
def reset(desk: At, token: str) -> Response:
    """Forget all that was learnt, and the feedback it came from."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.writing() as session:
        subscriptions.forget_learnt(session, who)
    return done(desk, token, "weights")


@routes.post("/weights/{profile_id}")
def forget_term(desk: At, token: str, profile_id: Number, term: Text) -> Response:
    """Forget one learnt term."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.writing() as session:
        subscriptions.forget_term(session, who, profile_id, term)
    return done(desk, token, "weights")


@routes.post("/feedback/{paper_id:path}")
def undo_feedback(desk: At, token: str, paper_id: str) -> Response:
    """Take a word on a paper back."""
    who = desk.subject(Purpose.PREFERENCES, token)
    corpus = material_of(desk).corpus
    subscriptions.judge(desk.engine, who, paper_id, None, corpus, desk.clock())
    return done(desk, token, "feedback")
