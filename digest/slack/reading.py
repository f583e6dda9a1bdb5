"""``/digest today``, ``search`` and ``why``: nothing is stored, nothing counts as sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.account_wording import day_name, plural
from digest.channels.slack_text import bold, clean, context, cut, escape, section
from digest.errors import SubscriptionError
from digest.model import Profile, Verdict
from digest.pipeline.relating import recall
from digest.pipeline.shelf import filled
from digest.ranking.rank import judge
from digest.slack.desk import Desk, Reply, active, profiles_of
from digest.slack.library import candidate, candidates_since, paper_id_of, ranked
from digest.slack.place import Asked
from digest.slack.saving import TRENDING, live
from digest.slack.showing import best_of, found_line, named_paper, paper_lines
from digest.store import digests, listings
from digest.store import search as store_search
from digest.store.database import reading
from digest.store.search_words import QueryError
from digest.wording import reason_account, verdict_line

SHOWN = 10


YOURS = "Only a look: your digest comes as usual."
NOBODYS = "What most people vote for. `/digest subscribe diffusion, agents` chooses by your own words."


def show_today(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """What the newest day has for the asking one; what is trending for whoever has no subscription."""
    corpus = desk.material(now).corpus
    with reading(desk.engine) as session:
        profiles = _profiles_or_trending(desk, session, asked)
        day = listings.newest_day(session)
        found = candidates_since(session, day, day) if day else []
    if day is None:
        return Reply("No papers are stored yet.")
    chosen = best_of(ranked(profiles, found, corpus, desk.defaults, now=now))[:SHOWN]
    head = f"{day_name(day)}: {len(chosen)} of {plural(len(found), 'paper')} for “{_words(profiles)}”."
    blocks = [
        section(head),
        *paper_lines(chosen),
        context(YOURS if profiles[0].id else NOBODYS),
    ]
    return Reply(head, tuple(blocks))


def _profiles_or_trending(desk: Desk, session: Session, asked: Asked) -> list[Profile]:
    known = live(session, asked.address)
    if known is None:
        return [filled(Profile(0, 0, TRENDING, ""), desk.defaults)]
    return profiles_of(session, known, desk.defaults)


def _words(profiles: list[Profile]) -> str:
    return cut(clean(", ".join(one.text or one.name for one in profiles)), 300)


def search(desk: Desk, asked: Asked, _now: datetime) -> Reply:
    """Every paper of the store that holds the words, or failing that any of them; best first."""
    with reading(desk.engine) as session:
        try:
            found = store_search.find(session, asked.rest, limit=SHOWN + 1)
        except QueryError as error:
            raise SubscriptionError(
                str(error), remedy='try /digest search "video generation" author:he org:nvidia'
            ) from error
    words = cut(clean(asked.rest), 300)
    if not found:
        return Reply(f"No stored paper holds “{words}”.")
    told = f"The {SHOWN} best papers" if len(found) > SHOWN else plural(len(found), "paper")
    head = f"{told} of all that are stored for “{words}”."
    return Reply(head, (section(head), *(section(found_line(one)) for one in found[:SHOWN])))


def why(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """Why a paper did or did not reach the subscriber: the verdict and the arithmetic for each profile."""
    paper_id = paper_id_of(asked.rest)
    corpus = desk.material(now).corpus
    with reading(desk.engine) as session:
        subscriber = active(session, asked.address)
        profiles = profiles_of(session, subscriber, desk.defaults)
        one = candidate(session, paper_id)
        sent_on = digests.shown_on(session, subscriber.id, paper_id)
        rivals = candidates_since(session, one.day, one.day)
        recall(session, corpus, profiles)
    blocks = [section(bold(named_paper(paper_id, one.paper.title)))]
    for profile in profiles:
        found = judge(one, profile, corpus, now=now, sent_on=sent_on, among=rivals)
        told = _verdict(
            profile, found.verdict, verdict_line(found), reason_account(found.score, profile.taught)
        )
        blocks.append(section(told))
    return Reply(f"Why {escape(paper_id)}", tuple(blocks))


def _verdict(profile: Profile, verdict: Verdict, told: str, reasons: str) -> str:
    mark = "✓" if verdict in (Verdict.CHOSEN, Verdict.ALREADY_SENT) else "–"
    line = f"{mark} {bold(cut(clean(profile.name), 100))}: {cut(clean(told), 400)}"
    return f"{line}\n{cut(clean(reasons), 1500)}" if reasons else line
