"""Mails of ten papers: assembled from forms, against the same mails by template and ``EmailMessage``.

Run: ``python -m benchmarks.mail.render``. Each subscriber has reasons of his own; papers are shared, as
on a real day. The best of several rounds in one run; only the ratio counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import process_time

from digest.channels import Sender
from digest.channels.email import EmailChannel
from digest.config import EmailSettings
from digest.model import Field, Paper, Reason, ReasonKind, Score, Section, Sheet
from tests.channels.mails import DAILY, LINKS, PAPERS, account, entry, sheet
from tests.channels.plain_way import message, of_paper
from tests.scores import score_of

SETTINGS = EmailSettings(sender="Daily Papers digest <digest@digest.example.org>")
TERMS = (
    "diffusion policy",
    "retrieval",
    "speech",
    "agent",
    "video generation",
    "robotics",
    "evaluation",
    "RAG",
)
PAPERS_A_DAY = 100
ENTRIES = 10
BUDGET = 60


def no_sender() -> Sender:
    raise AssertionError("nothing is sent here")


def day() -> list[Paper]:
    """A day's papers, with abstracts as long as real ones."""
    return [
        replace(
            PAPERS[n % 2],
            id=f"2603.{n:05d}",
            title=f"{PAPERS[n % 2].title} {n}",
            abstract=PAPERS[n % 2].abstract * 3,
        )
        for n in range(PAPERS_A_DAY)
    ]


def score(chance: random.Random) -> Score:
    term = chance.choice(TERMS)
    reasons = (
        Reason(ReasonKind.KEYWORD, term, round(chance.uniform(1, 5), 1), Field.TITLE),
        Reason(ReasonKind.KEYWORD, term, round(chance.uniform(0, 2), 1), Field.ABSTRACT),
        Reason(ReasonKind.VOTES, "", round(chance.uniform(0, 1), 1)),
    )
    return score_of(round(sum(reason.points for reason in reasons), 1), reasons)


def sheets(count: int, papers: Sequence[Paper]) -> list[Sheet]:
    chance = random.Random(7)
    made = []
    for number in range(count):
        chosen = chance.sample(list(papers), ENTRIES)
        entries = tuple(entry(paper, score(chance)) for paper in chosen)
        digest = replace(
            DAILY, sections=(Section(1, "robots", "diffusion policy", entries),), account=account()
        )
        token = f"AGmmRFA3.{chance.getrandbits(256):064x}"
        links = replace(
            LINKS,
            feedback=f"https://digest.example.org/f/{token}",
            one_click=f"https://digest.example.org/u/{token}",
        )
        made.append(
            sheet(
                digest,
                chosen,
                address=f"reader{number}@example.net",
                links=links,
                message_id=f"<{number}@digest.example.org>",
            )
        )
    return made


def microseconds(render: Callable[[Sheet], bytes], batch: Sequence[Sheet]) -> float:
    """CPU time of a mail."""
    start = process_time()
    for one in batch:
        render(one)
    return (process_time() - start) / len(batch) * 1e6


def ratio(batch: int = 400, rounds: int = 7) -> tuple[float, float, float, int]:
    """Microseconds per mail: assembled, plain, and plain with remembered excerpts; the size of a mail.

    The three take turns, so that other work on the machine falls on all; the best turn of each counts.
    """
    papers = day()
    channel = EmailChannel(SETTINGS, no_sender)
    many = sheets(batch, papers)
    size = max(len(channel.render(one)) for one in many)
    few = many[:40]
    turns = [
        (microseconds(channel.render, many), microseconds(_forgetful, few), microseconds(_plain, few))
        for _ in range(rounds)
    ]
    ours, plain, remembering = map(min, zip(*turns, strict=True))
    return ours, plain, remembering, size


def _plain(one: Sheet) -> bytes:
    return message(one, sender=SETTINGS.sender, postal="", inline=False)


def _forgetful(one: Sheet) -> bytes:
    """As a template does that is given papers: titles and excerpts are made readable for every mail."""
    of_paper.cache_clear()
    return _plain(one)


def main() -> None:
    ours, plain, remembering, size = ratio()
    print(f"a mail of {ENTRIES} papers, {size / 1000:.1f} kB")
    print(f"  held template + EmailMessage            {plain:8.0f} µs")
    print(f"  the same, excerpts remembered           {remembering:8.0f} µs")
    print(f"  assembled from forms                    {ours:8.0f} µs")
    print(f"  {plain / ours:.0f} and {remembering / ours:.0f} times faster (budget {BUDGET})")


if __name__ == "__main__":
    main()
