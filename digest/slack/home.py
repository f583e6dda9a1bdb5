"""The App Home: what you follow, when the next digest comes, what feedback taught, what you saved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest import subscriptions
from digest.channels.slack_text import Block, actions, button, context, header, section
from digest.errors import NotFound
from digest.model import Feedback, FeedbackVerdict, Profile, Subscriber, SubscriberState
from digest.slack.desk import Desk, active, next_line, profiles_of
from digest.slack.library import kept_corpus, titles
from digest.slack.place import Place
from digest.slack.saving import live
from digest.slack.showing import named_paper, profile_line, weights_line
from digest.store import feedback as store_feedback
from digest.store import saved
from digest.store.database import reading, transaction

EDIT, PAUSE, RESUME, STOP = "home_edit", "home_pause", "home_resume", "home_stop"
RESET, TAKE_BACK, UNSAVE = "home_reset", "home_take_back", "home_unsave"
ACTIONS = (PAUSE, RESUME, STOP, RESET, TAKE_BACK, UNSAVE)
SHOWN = 8


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
        actions("home", button("Subscribe", EDIT, "edit", style="primary")),
    ]


def _subscribed(session: Session, desk: Desk, subscriber: Subscriber, now: datetime) -> list[Block]:
    profiles = profiles_of(session, subscriber, desk.defaults)
    return [
        header("Your Daily Papers digest"),
        section(next_line(subscriber, now)),
        *(section(profile_line(profile)) for profile in profiles),
        _doing(subscriber),
        *_learnt(profiles),
        *_judged(session, store_feedback.of_subscriber(session, subscriber.id)[:SHOWN]),
        *_saved(session, saved.of_subscriber(session, subscriber.id, limit=SHOWN)),
    ]


def _doing(subscriber: Subscriber) -> Block:
    paused = subscriber.state is SubscriberState.PAUSED
    turn = button("Resume", RESUME, "resume") if paused else button("Pause", PAUSE, "pause")
    return actions(
        "home", button("Edit profile", EDIT, "edit"), turn, button("Stop", STOP, "stop", style="danger")
    )


def _learnt(profiles: list[Profile]) -> list[Block]:
    taught = [line for line in map(weights_line, profiles) if line]
    if not taught:
        return [
            context("Your “More like this” and “Less” teach weights; they will stand here, and can be reset.")
        ]
    reset = actions("reset", button("Reset what was learnt", RESET, "reset"))
    return [header("Learnt from your feedback"), *map(section, taught), reset]


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


def act(desk: Desk, place: Place, action: str, value: str, now: datetime) -> None:
    """Do what a button of the Home says. A gone subscription is no error: the Home shows what is true."""
    corpus = kept_corpus(desk) if action == TAKE_BACK else None
    try:
        with transaction(desk.engine) as session:
            number = active(session, place.own).id
            _change(session, number, action, value, now)
            if corpus is not None:
                subscriptions.relearn(session, number, corpus)
    except NotFound:
        return


def _change(session: Session, number: int, action: str, value: str, now: datetime) -> None:
    if action == PAUSE:
        subscriptions.pause(session, number, now)
    elif action == RESUME:
        subscriptions.resume(session, number, now)
    elif action == STOP:
        subscriptions.unsubscribe(session, number)
    elif action == RESET:
        subscriptions.forget_learnt(session, number)
    elif action == TAKE_BACK:
        subscriptions.take_back(session, number, value)
    elif action == UNSAVE:
        saved.remove(session, number, value)
