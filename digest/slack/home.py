"""The App Home: what you follow, when the next digest comes, what feedback taught, what you saved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest import subscriptions
from digest.channels.slack_text import Block, actions, button, context, header, section
from digest.errors import NotFound, SubscriptionError
from digest.model import Feedback, FeedbackVerdict, Profile, Subscriber, SubscriberState
from digest.slack.desk import Desk, active, next_line, profiles_of
from digest.slack.library import titles
from digest.slack.place import Place
from digest.slack.saving import NEW, live
from digest.slack.showing import learnt_word, named_paper, profile_line, strongest
from digest.slack.views import removing
from digest.store import feedback as store_feedback
from digest.store import saved
from digest.store.database import reading, transaction
from digest.subscriptions.checks import MOST_PROFILES

EDIT, PAUSE, RESUME, STOP = "home_edit", "home_pause", "home_resume", "home_stop"
RESET, TAKE_BACK, UNSAVE = "home_reset", "home_take_back", "home_unsave"
FORGET, REMOVE = "home_forget", "home_remove"
ACTIONS = (PAUSE, RESUME, STOP, RESET, TAKE_BACK, UNSAVE, FORGET, REMOVE)
SHOWN = 8
TERMS = 10
"""Learnt terms of a profile that have a button; all count."""


def home_view(desk: Desk, place: Place, now: datetime) -> Block:
    """The view of one person; the same store and moment give the same view."""
    with reading(desk.engine) as session:
        known = live(session, place.own)
        blocks = _subscribed(session, desk, known, now) if known else _welcome()
    return {"type": "home", "blocks": blocks[:100]}


def _welcome() -> list[Block]:
    return [
        header("Daily Papers, ranked for you"),
        section("Say what you follow and get a short digest each day, with the reasons for every paper."),
        actions("home", button("Subscribe", EDIT, str(NEW), style="primary")),
    ]


def _subscribed(session: Session, desk: Desk, subscriber: Subscriber, now: datetime) -> list[Block]:
    profiles = profiles_of(session, subscriber, desk.defaults)
    return [
        header("Your Daily Papers digest"),
        section(next_line(subscriber, now)),
        _doing(subscriber, profiles),
        *(block for profile in profiles for block in _profile(profile, several=len(profiles) > 1)),
        *_learning(profiles),
        *_judged(session, store_feedback.of_subscriber(session, subscriber.id)[:SHOWN]),
        *_saved(session, saved.of_subscriber(session, subscriber.id, limit=SHOWN)),
    ]


def _doing(subscriber: Subscriber, profiles: list[Profile]) -> Block:
    paused = subscriber.state is SubscriberState.PAUSED
    turn = button("Resume", RESUME, "resume") if paused else button("Pause", PAUSE, "pause")
    more = [button("Add a profile", EDIT, str(NEW))] if len(profiles) < MOST_PROFILES else []
    return actions("home", *more, turn, button("Stop", STOP, "stop", style="danger"))


def _profile(profile: Profile, *, several: bool) -> list[Block]:
    """A profile with what it learnt; pressing a learnt term forgets it."""
    told = section(profile_line(profile)) | {"accessory": button("Edit", EDIT, str(profile.id))}
    terms = [
        button(f"✕ {learnt_word(one)}", FORGET, f"{profile.id}/{one.term}")
        | {"action_id": f"{FORGET}/{place}"}
        for place, one in enumerate(strongest(profile, TERMS))
    ]
    learnt = [context("Learnt from your feedback; press to forget:"), actions(f"learnt/{profile.id}", *terms)]
    removal = [actions(f"profile/{profile.id}", removing(profile.id, REMOVE))] if several else []
    return [told, *(learnt if terms else []), *removal]


def _learning(profiles: list[Profile]) -> list[Block]:
    if not any(profile.weights for profile in profiles):
        return [
            context("Your “More like this” and “Less” teach weights; they will stand here, and can be reset.")
        ]
    return [actions("reset", button("Reset all that was learnt", RESET, "reset"))]


def _judged(session: Session, words: list[Feedback]) -> list[Block]:
    if not words:
        return []
    names = titles(session, [word.paper_id for word in words])
    rows = [_row(_judgement(word), word.paper_id, names, "Undo", TAKE_BACK) for word in words]
    return [header("Your feedback"), *rows]


def _judgement(word: Feedback) -> str:
    return "More like" if word.verdict is FeedbackVerdict.MORE else "Less like"


def _saved(session: Session, ids: list[str]) -> list[Block]:
    if not ids:
        return []
    names = titles(session, ids)
    return [header("Saved"), *(_row("", paper_id, names, "Remove", UNSAVE) for paper_id in ids)]


def _row(told: str, paper_id: str, names: dict[str, str], label: str, action: str) -> Block:
    line = f"{told} {named_paper(paper_id, names.get(paper_id, ''))}".strip()
    return section(line) | {"accessory": button(label, action, paper_id)}


# --- presses ---------------------------------------------------------------------------------


def act(desk: Desk, place: Place, action: str, value: str, now: datetime) -> None:
    """Do what a button of the Home says. What is gone already is no error: the Home shows what is true."""
    try:
        if action == TAKE_BACK:
            _take_back(desk, place, value, now)
        else:
            with transaction(desk.engine) as session:
                _change(session, active(session, place.own).id, action, value, now)
    except (NotFound, SubscriptionError):
        return


def _take_back(desk: Desk, place: Place, paper_id: str, now: datetime) -> None:
    corpus = desk.material(now).corpus
    with reading(desk.engine) as session:
        number = active(session, place.own).id
    subscriptions.judge(desk.engine, number, paper_id, None, corpus, now)


def _change(session: Session, number: int, action: str, value: str, now: datetime) -> None:
    if action == PAUSE:
        subscriptions.pause(session, number, now)
    elif action == RESUME:
        subscriptions.resume(session, number, now)
    elif action == STOP:
        subscriptions.unsubscribe(session, number)
    elif action == RESET:
        subscriptions.forget_learnt(session, number)
    elif action == UNSAVE:
        saved.remove(session, number, value)
    elif action == REMOVE:
        subscriptions.remove_profile(session, number, number_in(value))
    elif action.startswith(FORGET):
        profile, _, term = value.partition("/")
        subscriptions.forget_term(session, number, number_in(profile), term)


def number_in(value: str) -> int:
    """The number a button carries. Raises ``NotFound`` for what is none."""
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise NotFound("that button is too old")
    return int(value)
