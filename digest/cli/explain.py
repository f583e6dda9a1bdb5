"""``digest explain PAPER --subscriber A``: the verdict on any stored paper, sent or not, with its
arithmetic.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, print_json
from digest.cli.kinds import PaperId
from digest.clock import utc_now

if TYPE_CHECKING:
    from datetime import datetime

    from digest.house import House
    from digest.model import Candidate, Profile, Ranked


@click.command(help="Why PAPER (an arXiv id, or its page's address) was sent to a subscriber, or not.")
@click.argument("paper", type=PaperId())
@click.option(
    "--subscriber", "name", required=True, metavar="ADDRESS", help="Whose profiles: address or number."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(ctx: click.Context, paper: str, name: str, as_json: bool) -> None:  # noqa: FBT001  Click calls it
    with house_of(ctx) as house:
        stands, found = _explain(house, paper, name, utc_now())
    if as_json:
        print_json([_spelt_out(profile, stands, ranked) for profile, ranked in found])
        return
    _show(stands, found)


def _spelt_out(profile: Profile, stands: str, ranked: Ranked) -> dict[str, object]:
    score = {"value": ranked.score.value, "reasons": [asdict(reason) for reason in ranked.score.reasons]}
    return {"profile": profile.name, "standing": stands, **asdict(ranked), "score": score}


def _explain(house: House, paper: str, name: str, now: datetime) -> tuple[str, list[tuple[Profile, Ranked]]]:
    """Where the paper stands with the subscriber, and what each profile says of it today."""
    from digest.bootstrap import prepare_rules
    from digest.pipeline.relating import recall
    from digest.pipeline.situation import read_corpus, read_situation
    from digest.pipeline.standing import standing
    from digest.ranking.rank import judge
    from digest.ranking.stored_profiles import read_stored
    from digest.store import digests, listings, profiles, subscribers
    from digest.store.database import reading

    rules = prepare_rules(house.settings)
    with reading(house.engine) as session:
        subscriber = subscribers.named(session, name)
        held = profiles.of_subscriber(session, subscriber.id, read_stored)
        sent_on = digests.shown_on(session, subscriber.id, paper)
        listed = listings.of_papers(session, [paper])
    candidate, rivals = _candidate(house, paper)
    corpus, situation = (
        read_corpus(house.engine, now=now),
        read_situation(house.engine, rules.limits, now=now),
    )
    with reading(house.engine) as session:
        recall(session, corpus, held)
    return standing(subscriber, listed, situation, rules.limits, sent_on=sent_on), [
        (
            profile,
            judge(
                candidate,
                profile,
                corpus,
                now=now,
                sent_on=sent_on,
                among=rivals,
                default_bar=rules.bar,
                default_limit=rules.limit,
            ),
        )
        for profile in held
    ]


def _candidate(house: House, paper: str) -> tuple[Candidate, list[Candidate]]:
    """The paper on its newest day, and the other papers of that day: its rivals for the limit."""
    from digest.errors import NotFound
    from digest.model import Candidate
    from digest.store import listings, papers
    from digest.store.database import reading

    with reading(house.engine) as session:
        own = listings.of_papers(session, [paper])
        if not own:
            raise NotFound(
                f"there is no paper {paper!r} in the store", remedy="run `digest search` or `digest collect`"
            )
        day = max(listing.day for listing in own)
        of_day = listings.of_day(session, day)
        known = papers.load(session, {listing.paper_id for listing in of_day})
    found = [Candidate(known[one.paper_id], one.day, one.upvotes, one.arrival) for one in of_day]
    return next(one for one in found if one.paper.id == paper), [
        one for one in found if one.paper.id != paper
    ]


def _show(stands: str, found: list[tuple[Profile, Ranked]]) -> None:
    from digest.wording import reason_account, verdict_line

    candidate = found[0][1].candidate
    click.echo(f"{candidate.paper.title}  [{candidate.paper.id}, {candidate.day}]")
    click.echo(stands)
    for profile, ranked in found:
        click.echo(f"  {profile.name}: {verdict_line(ranked)} (score {ranked.score.value:.1f})")
        if ranked.score.reasons:
            click.echo(f"    {reason_account(ranked.score, profile.taught)}")
