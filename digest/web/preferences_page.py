"""One's own page, by a signed link: how it is shown."""

from __future__ import annotations

from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from digest.channels import paper_lines
from digest.model import EmptyDigests, Subscriber, SubscriberState
from digest.ranking.language import parse_profile
from digest.schedule_wording import schedule_line
from digest.store import digests, feedback, papers, profiles, subscribers
from digest.store.profiles import Draft
from digest.tokens import Purpose
from digest.web.desk import Desk
from digest.web.fields import WEEKDAYS, zones
from digest.web.lab import Trial

PAST_DIGESTS = 30


def show(
    desk: Desk,
    token: str,
    *,
    note: str = "",
    wrong: str = "",
    draft: Draft | None = None,
    draft_of: int | None = None,
    tried: Trial | None = None,
    days: str = "",
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
        note=note,
        wrong=wrong,
        draft=draft,
        draft_of=draft_of,
        trial=tried,
        days=days,
        trial_wrong="",
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
