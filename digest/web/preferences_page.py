"""One's own page, by a signed link: how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from digest.channels import paper_lines
from digest.model import EmptyDigests, Subscriber, SubscriberState
from digest.ranking.stored_profiles import read_stored
from digest.schedule_wording import schedule_line
from digest.store import digests, feedback, papers, profiles, subscribers
from digest.tokens import Purpose
from digest.web.desk import Desk
from digest.web.fields import WEEKDAYS, zones
from digest.web.lab import Trial
from digest.web.problems import Problem

PAST_DIGESTS = 30


class ScheduleForm(BaseModel):
    """When digests come, as typed: what is wrong is shown in place, and nothing is lost."""

    timezone: str = ""
    send_at: str = ""
    often: str = ""
    weekly_on: str = "0"
    weekdays: list[str] = Field(default_factory=list)
    empty: str = EmptyDigests.WEEKLY
    rising: str = ""


class ProfileForm(BaseModel):
    """A profile as typed, and what is to be done with it."""

    title: str = ""
    keywords: str = ""
    bar: str = ""
    limit: str = ""
    learning: str = ""
    trending: str = ""
    days: str = ""
    action: str = "save"


@dataclass(frozen=True, slots=True)
class Typed:
    """A profile that was tried or refused, to stay in its form; ``of`` is its number, ``None`` if new."""

    form: ProfileForm
    of: int | None
    trial: Trial | None = None


def show(
    desk: Desk,
    token: str,
    *,
    note: str = "",
    problems: Sequence[Problem] = (),
    typed: Typed | None = None,
    schedule: ScheduleForm | None = None,
) -> HTMLResponse:
    """The page; with what was typed and is wrong, or tried, in its form."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.reading() as session:
        one = subscribers.get(session, who)
        own = profiles.of_subscriber(session, who, read_stored)
        past = digests.of_subscriber(session, who, limit=PAST_DIGESTS)
        words = _words(session, who)
    return desk.page(
        "preferences.html",
        status=422 if problems else 200,
        one=one,
        me=f"/p/{token}",
        unsubscribe=f"/u/{desk.token(Purpose.UNSUBSCRIBE, who)}",
        paused=one.state is SubscriberState.PAUSED,
        active=one.active,
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
        when=schedule or _when(one),
        note=note,
        problems=problems,
        wrong={problem.field: problem.text for problem in problems},
        typed=typed,
        trial=typed.trial if typed else None,
        trial_wrong="",
    )


def _when(one: Subscriber) -> ScheduleForm:
    """The schedule as it stands, as the form has it."""
    return ScheduleForm(
        timezone=one.timezone,
        send_at=f"{one.send_at:%H:%M}",
        often={7: "daily", 1: "weekly"}.get(len(one.weekdays), "chosen"),
        weekly_on=str(min(one.weekdays)),
        weekdays=[str(day) for day in sorted(one.weekdays)],
        empty=one.empty_digests,
        rising="1" if one.rising else "",
    )


def _words(session: Session, who: int) -> list[tuple[str, str, str]]:
    """What was said on which paper: verdict, title, id."""
    said = feedback.of_subscriber(session, who)
    known = papers.load(session, {one.paper_id for one in said})
    return [
        (
            one.verdict,
            paper_lines.title(known[one.paper_id]) if one.paper_id in known else one.paper_id,
            one.paper_id,
        )
        for one in said
    ]


def done(desk: Desk, token: str, what: str) -> RedirectResponse:
    """Back to the page, so that reloading does not send the form again."""
    return RedirectResponse(f"{desk.root}/p/{token}?saved={what}", status_code=303)


def subscriber_of(desk: Desk, token: str) -> Subscriber:
    """Whose page it is."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.reading() as session:
        return subscribers.get(session, who)
