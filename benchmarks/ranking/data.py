"""Real Daily Papers as the evaluation needs them; read where they lie, never copied."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from digest.model import Candidate, Organisation, Paper

STYLES = ("typical", "terse", "messy", "clumsy")
ON_TOPIC, RELATED, NEITHER = 2, 1, 0
"""Grades of a paper for a topic."""
WEEK = timedelta(weeks=1)
Judged = tuple[list[Paper], list[Candidate]]
"""The papers listed before a judged week (or longer span), and its own."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody's topics and judgements of the papers of the weeks that begin on ``mondays``."""

    topics: Path
    mondays: tuple[date, ...]


READERS = {
    "first": Reader(
        Path(__file__).with_name("topics.toml"),
        tuple(date(2026, 4, 13) + timedelta(weeks=number) for number in range(6)),
    ),
    "second": Reader(Path(__file__).with_name("second_reader.toml"), (date(2026, 4, 27), date(2026, 5, 25))),
    "lists": Reader(
        Path(__file__).with_name("reading_lists.toml"),
        tuple(date(2026, 3, 16) + timedelta(weeks=number) for number in range(10)),
    ),
}
"""The first reader's judgements are for development, the second's to check what was chosen by them; the
reading lists are by people who know nothing of this project. Where something was chosen with an eye on the
latter two as well, ``docs/ranking.md`` says so."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What somebody asks for, text by wording, and the grades of the papers that answer it, by id."""

    name: str
    profiles: dict[str, str]
    grades: dict[str, int]

    def grade(self, paper: str) -> int:
        return self.grades.get(paper, NEITHER)


def read_topics(reader: Reader) -> list[Topic]:
    found = tomllib.loads(reader.topics.read_text(encoding="utf-8"))
    return [
        Topic(name, {style: str(given[style]) for style in STYLES}, _grades(given))
        for name, given in found.items()
    ]


def _grades(given: dict[str, str]) -> dict[str, int]:
    return {
        **dict.fromkeys(map(_full, given.get("related", "").split()), RELATED),
        **dict.fromkeys(map(_full, given["relevant"].split()), ON_TOPIC),
    }


def _full(short: str) -> str:
    return short[1:] if short.startswith("=") else f"26{short}"


def read_listings(data: Path) -> list[Candidate]:
    """Every paper of the archives, on the day it was first listed, oldest first; without any, the end."""
    once: dict[str, Candidate] = {}
    for candidate in (*_of_2024(data / "days-2024-scraped"), *_of_2026(data)):
        once.setdefault(candidate.paper.id, candidate)
    if not once:
        raise SystemExit(f"{data} holds no Daily Papers: name the folder of real data")
    return list(once.values())


def weeks(listings: Sequence[Candidate], mondays: Iterable[date], span: timedelta = WEEK) -> Iterator[Judged]:
    """For the week of each Monday, or a longer span, the papers listed before it, and its own."""
    for start in mondays:
        before = [one.paper for one in listings if one.day < start]
        yield before, [one for one in listings if start <= one.day < start + span]


def _days(folder: Path) -> Iterator[tuple[date, Any]]:
    for path in sorted(folder.glob("2*.json.gz")):
        yield date.fromisoformat(path.name[:10]), json.loads(gzip.decompress(path.read_bytes()))


def _of_2024(folder: Path) -> Iterator[Candidate]:
    for day, content in _days(folder):
        for item in content["papers"]:
            number = item["url"].rsplit("/", 1)[-1]
            paper = Paper(number, _line(item["title"]), _line(item["abstract"]), tuple(item["authors"]))
            yield Candidate(paper, day, item["upvotes"], 1)


def _of_2026(data: Path) -> Iterator[Candidate]:
    more = {item["id"]: item for _, day in _days(data / "days-2026-normalized") for item in day["papers"]}
    for day, items in _days(data / "days-2026-api-shaped"):
        for item in items:
            paper = item["paper"]
            known = more.get(paper["id"], {})
            institution = known.get("institution")
            yield Candidate(
                Paper(
                    paper["id"],
                    _line(paper["title"]),
                    _line(paper["summary"]),
                    tuple(author["name"] for author in paper["authors"]),
                    Organisation(institution, institution) if institution else None,
                    source_keywords=tuple(known.get("ai_keywords") or ()),
                ),
                day,
                paper["upvotes"],
                1,
            )


def _line(text: str) -> str:
    return " ".join(text.split())
