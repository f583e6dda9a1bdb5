"""``/digest …``: each verb is a function of the desk, what was asked and the moment, and gives a reply."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from digest import subscriptions
from digest.account_wording import day_name, plural
from digest.channels.slack_text import bold, clean, context, cut, escape, section
from digest.errors import DigestError, SubscriptionError
from digest.model import ChannelName, Profile, Verdict
from digest.ranking.language import parse_profile
from digest.ranking.rank import judge
from digest.slack.desk import Desk, Reply, active, filled, next_line, profiles_of, sorry
from digest.slack.library import candidate, candidates_since, corpus_of, paper_id_of, ranked, span
from digest.slack.place import Asked
from digest.slack.saving import TRENDING, live, save_words
from digest.slack.showing import best_of, named_paper, paper_lines, preview, profile_line
from digest.slack.views import profile_modal
from digest.store import digests, listings
from digest.store import subscribers as store_subscribers
from digest.store.database import reading, transaction
from digest.wording import reason_line, verdict_line

SEARCH_DAYS = 90
SHOWN = 10
HELP = """\
`/digest subscribe diffusion, agents -survey` – your digest, by direct message; or `subscribe trending`
`/digest profile` – see and edit what you follow; with words after it, change it at once
`/digest today` – what today's papers have for you, without waiting
`/digest search video generation` – the papers of the last 90 days
`/digest why 2503.02130` – why a paper did or did not reach you
`/digest pause 2 weeks` (or `until 2027-01-10`), `/digest resume`, `/digest stop`
Put `here` first to speak of this channel's digest: `/digest here subscribe robotics`"""

_PAUSE = re.compile(r"(\d{1,3})\s*(days?|weeks?|d|w)?", re.IGNORECASE)

Verb = Callable[[Desk, Asked, datetime], Reply]


def answer(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """The reply to a command. What is wrong with it is a reply too."""
    verb = VERBS.get(asked.verb)
    if verb is None:
        return Reply(f"I do not know “{cut(clean(asked.verb), 60)}”.\n{HELP}")
    try:
        return verb(desk, asked, now)
    except DigestError as error:
        return sorry(error)


def show_help(_desk: Desk, _asked: Asked, _now: datetime) -> Reply:
    return Reply(HELP)


# --- subscribing -----------------------------------------------------------------------------


def subscribe(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """Subscribe, or change the words of a live subscription: asking twice is the same as once."""
    if not asked.rest:
        return show_profile(desk, asked, now)
    with transaction(desk.engine) as session:
        save_words(session, asked, asked.rest, desk, now)
    return show_subscription(desk, asked, now, "You are subscribed.")


def show_subscription(desk: Desk, asked: Asked, now: datetime, told: str) -> Reply:
    """What a subscription is now, with a preview of what it would have matched."""
    with reading(desk.engine) as session:
        subscriber = active(session, asked.address)
        profiles = profiles_of(session, subscriber, desk.defaults)
        where = " in this channel" if asked.here and asked.place.here != asked.place.own else ""
        lines = [f"{told} {next_line(subscriber, now)}{where}", *map(profile_line, profiles)]
        blocks = [section(line) for line in lines] + preview(session, profiles, desk.defaults, now)
    return Reply(told, tuple(blocks))


def show_profile(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """Without words the form to edit, or to subscribe with; with words the same as subscribing."""
    if asked.rest:
        return subscribe(desk, asked, now)
    with reading(desk.engine) as session:
        known = live(session, asked.address)
        profiles = profiles_of(session, known, desk.defaults) if known else []
    modal = profile_modal(asked, known, profiles[0] if profiles else None, desk.defaults)
    lines = [*map(profile_line, profiles), next_line(known, now)] if known else []
    return Reply("Your profile", tuple(section(line) for line in lines), modal=modal)


# --- reading ---------------------------------------------------------------------------------


def show_today(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """What the newest day has for the asking one; what is trending for whoever has no subscription."""
    with reading(desk.engine) as session:
        profiles = _profiles_or_trending(desk, session, asked)
        day = listings.newest_day(session)
        if day is None:
            return Reply("No papers are stored yet.")
        found = candidates_since(session, day, day)
        chosen = best_of(ranked(session, profiles, found, desk.defaults, now=now))[:SHOWN]
    head = f"{day_name(day)}: {len(chosen)} of {plural(len(found), 'paper')} for “{_words(profiles)}”."
    blocks = [
        section(head),
        *paper_lines(chosen),
        context("This counts as nothing: your digest comes as usual."),
    ]
    return Reply(head, tuple(blocks))


def _profiles_or_trending(desk: Desk, session: Session, asked: Asked) -> list[Profile]:
    known = live(session, asked.address)
    if known is None:
        return [filled(Profile(0, 0, TRENDING, ""), desk.defaults)]
    return profiles_of(session, known, desk.defaults)


def _words(profiles: list[Profile]) -> str:
    return cut(clean(", ".join(one.text or one.name for one in profiles)), 300)


def search(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """The stored papers of the last days for any words of the profile language, best first."""
    keywords = parse_profile(asked.rest)
    if not keywords:
        raise SubscriptionError(
            "there are no words to search for", remedy="try /digest search video generation"
        )
    profile = Profile(0, 0, "search", asked.rest, keywords, bar=0.1, limit=SHOWN)
    with reading(desk.engine) as session:
        found = candidates_since(session, *span(now, SEARCH_DAYS))
        (ranking,) = ranked(session, [profile], found, desk.defaults, now=now)
    total = len(ranking.chosen) + ranking.over_limit
    head = f"{plural(total, 'paper')} of the last {SEARCH_DAYS} days for “{cut(clean(asked.rest), 300)}”."
    return Reply(head, (section(head), *paper_lines(ranking.chosen)))


def why(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """Why a paper did or did not reach the subscriber: the verdict and the arithmetic for each profile."""
    paper_id = paper_id_of(asked.rest)
    with reading(desk.engine) as session:
        subscriber = active(session, asked.address)
        profiles = profiles_of(session, subscriber, desk.defaults)
        one = candidate(session, paper_id)
        sent_on = digests.shown_on(session, subscriber.id, paper_id)
        rivals = candidates_since(session, one.day, one.day)
        corpus = corpus_of(session)
    blocks = [section(bold(named_paper(paper_id, one.paper.title)))]
    for profile in profiles:
        found = judge(one, profile, corpus, now=now, sent_on=sent_on, among=rivals)
        blocks.append(
            section(_verdict(profile, found.verdict, verdict_line(found), reason_line(found.score)))
        )
    return Reply(f"Why {escape(paper_id)}", tuple(blocks))


def _verdict(profile: Profile, verdict: Verdict, told: str, reasons: str) -> str:
    mark = "✓" if verdict in (Verdict.CHOSEN, Verdict.ALREADY_SENT) else "–"
    line = f"{mark} {bold(cut(clean(profile.name), 100))}: {cut(clean(told), 400)}"
    return f"{line}\n{cut(clean(reasons), 1500)}" if reasons else line


# --- pausing and leaving -----------------------------------------------------------------------


def pause(desk: Desk, asked: Asked, now: datetime) -> Reply:
    until = pause_end(asked.rest, now.date())
    with transaction(desk.engine) as session:
        subscriber = subscriptions.pause(session, active(session, asked.address).id, now, until=until)
    return Reply(next_line(subscriber, now))


def pause_end(text: str, today: date) -> date | None:
    """The date in ``until 2027-01-10``, ``2 weeks``, ``10``; ``None`` for no words: until resumed."""
    words = text.strip()
    if not words:
        return None
    number = _PAUSE.fullmatch(words.removeprefix("for "))
    if number:
        days = int(number[1]) * (7 if (number[2] or "d").casefold().startswith("w") else 1)
        return today + timedelta(days=days)
    try:
        return date.fromisoformat(words.removeprefix("until ").strip())
    except ValueError as error:
        raise SubscriptionError(
            f"“{words[:40]}” is no time to pause for", remedy="say 10 days, 2 weeks or until 2027-01-10"
        ) from error


def resume(desk: Desk, asked: Asked, now: datetime) -> Reply:
    with transaction(desk.engine) as session:
        subscriber = subscriptions.resume(session, active(session, asked.address).id, now)
    return Reply(next_line(subscriber, now))


def stop(desk: Desk, asked: Asked, now: datetime) -> Reply:  # noqa: ARG001  verbs have one shape
    """Unsubscribe, what is planned too. Doing it twice is the same as once."""
    with transaction(desk.engine) as session:
        known = store_subscribers.find(session, ChannelName.SLACK, asked.address)
        if known is not None:
            subscriptions.unsubscribe(session, known.id)
    return Reply("You get no digest any more. `/digest subscribe …` brings it back.")


VERBS: dict[str, Verb] = {
    "help": show_help,
    "subscribe": subscribe,
    "profile": show_profile,
    "today": show_today,
    "search": search,
    "why": why,
    "pause": pause,
    "resume": resume,
    "stop": stop,
    "unsubscribe": stop,
}
