"""What is measured on: invented papers and profiles, the same at every run.

Sentences of the bundled sample papers are shuffled into as many papers as are wanted, so that words are
as common and as rare as in real abstracts; keywords are words and pairs of neighbours from them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

from digest.demo.sample import SampleListing, SamplePaper, sample_days
from digest.demo.shapes import Item, item_of, page_of
from digest.model import Candidate, Organisation, Paper, Profile, Record
from digest.ranking.language import parse_profile
from digest.ranking.stopwords import STOPWORDS

DAY = date(2026, 10, 15)
NOW = datetime(2026, 10, 15, 18, tzinfo=UTC)
SENTENCES = 9
"""Of one abstract: about 170 words, as the source's."""


@cache
def _samples() -> tuple[SamplePaper, ...]:
    return tuple({one.paper.id: one.paper for day in sample_days().values() for one in day}.values())


@cache
def _sentences() -> tuple[str, ...]:
    pieces = (re.split(r"(?<=\.)\s+", paper.abstract) for paper in _samples())
    return tuple(sentence for piece in pieces for sentence in piece if len(sentence) > 20)


def sample_papers(count: int, *, day: date = DAY, seed: int = 1) -> list[SamplePaper]:
    """Invented papers in the shape of the sample's."""
    dice = random.Random(f"{seed} {day}")
    return [_sample_paper(number, day, dice) for number in range(count)]


def _sample_paper(number: int, day: date, dice: random.Random) -> SamplePaper:
    one, other = dice.choice(_samples()), dice.choice(_samples())
    head, tail = one.title.split(":")[0], other.title.split(":")[-1].strip()
    return replace(
        one,
        id=f"{day:%y%m}.{day.day:02}{number:03}",
        title=f"{head}: {tail}" if head != tail else one.title,
        abstract=" ".join(dice.choices(_sentences(), k=SENTENCES)),
        authors=tuple(author for paper in dice.choices(_samples(), k=3) for author in paper.authors[:4]),
        published=day - timedelta(days=1),
    )


def papers(count: int, *, day: date = DAY, seed: int = 1) -> list[Paper]:
    """Invented papers as the store holds them."""
    return [_paper(one) for one in sample_papers(count, day=day, seed=seed)]


def _paper(one: SamplePaper) -> Paper:
    return Paper(
        id=one.id,
        title=one.title,
        abstract=one.abstract,
        authors=tuple(author.name for author in one.authors),
        organisation=Organisation(*one.organisation) if one.organisation else None,
        published_at=datetime.combine(one.published, datetime.min.time(), UTC),
        source_keywords=one.ai_keywords,
        code_url=f"https://github.com/{one.repository}" if one.repository else "",
        code_stars=one.stars or None,
        source_title=one.title,
        source_abstract=one.abstract,
    )


def records(count: int, *, day: date = DAY, seed: int = 1) -> list[Record]:
    """Invented papers as a page lists them, most upvotes first."""
    found = papers(count, day=day, seed=seed)
    return [
        Record(paper, upvotes=max(1, 200 // (place + 1)), comments=1) for place, paper in enumerate(found)
    ]


def candidates(count: int) -> list[Candidate]:
    """Invented papers that may enter a digest."""
    return [Candidate(record.paper, DAY, record.upvotes or 0, arrival=1) for record in records(count)]


# --- profiles --------------------------------------------------------------------------------


@cache
def _vocabulary() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Telling words and pairs of neighbours, commonest first."""
    words: dict[str, int] = {}
    pairs: dict[str, int] = {}
    for sentence in _sentences():
        found = re.findall(r"[A-Za-z][a-z]{3,}", sentence)
        telling = [word.lower() for word in found if word.lower() not in STOPWORDS]
        for word in telling:
            words[word] = words.get(word, 0) + 1
        for pair in pairwise(telling):
            pairs[" ".join(pair)] = pairs.get(" ".join(pair), 0) + 1
    return tuple(sorted(words, key=lambda w: -words[w])), tuple(sorted(pairs, key=lambda p: -pairs[p]))


def profile_texts(count: int, *, keywords: int = 8, seed: int = 1) -> Iterator[str]:
    """Profiles of eight keywords: half words, half phrases; common ones asked for more often.

    Of eight keywords one is exact, one a wildcard in every second profile, one excluded in every
    fourth.
    """
    dice = random.Random(seed)
    for _ in range(count):
        chosen: list[str] = []
        while len(chosen) < keywords:
            text = _drawn(_vocabulary()[len(chosen) % 2], dice)
            if not any(text[:5] in other or other[:5] in text for other in chosen):
                chosen.append(text)
        yield ", ".join(_marked(place, text, dice) for place, text in enumerate(chosen))


def _drawn(stock: tuple[str, ...], dice: random.Random) -> str:
    """Half of the draws fall on the commonest fifty or so, the rest anywhere."""
    return stock[min(int(dice.paretovariate(0.6)) - 1, len(stock) - 1)]


def _marked(place: int, text: str, dice: random.Random) -> str:
    if place == 1:
        return f'"{text}"'
    if place == 2 and dice.random() < 0.5:
        return text[:5] + "*"
    if place == 4 and dice.random() < 0.25:
        return f"-{text}"
    return text


def profiles(count: int, *, seed: int = 1) -> list[Profile]:
    """The same, read."""
    return [
        Profile(number, number, "default", text, parse_profile(text))
        for number, text in enumerate(profile_texts(count, seed=seed), start=1)
    ]


# --- pages -----------------------------------------------------------------------------------


def items(count: int, *, day: date = DAY) -> list[Item]:
    """Items as the API gives them."""
    found = sample_papers(count, day=day)
    return [item_of(SampleListing(one, day, 200 // (place + 1), 1)) for place, one in enumerate(found)]


def page(count: int, *, day: date = DAY) -> bytes:
    """The HTML page of a day."""
    return page_of(day, items(count, day=day), previous=day - timedelta(days=1), following=None).encode()
