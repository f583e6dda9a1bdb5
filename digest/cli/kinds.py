"""The kinds of values that options and arguments take, and the option that several commands share."""

from __future__ import annotations

import math
import re
import sys
from datetime import date, time
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
CHANNELS = click.Choice(["email", "slack", "file"])
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SETS = {
    "daily": frozenset(range(7)),
    "weekdays": frozenset(range(5)),
    "weekly": frozenset({0}),
}


_PAGE = re.compile(
    r"https?://(?:www\.|export\.)?(?:arxiv\.org/(?:abs|pdf|html)|huggingface\.co/papers)/([^?#]+?)(?:\.pdf)?/?"
)


class PaperId(click.ParamType[str]):
    """An arXiv id, with prefix and version or without, or the address of a paper's page."""

    name = "paper"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the id, without version; what cannot be one is wrong usage."""
        from digest.sources.text import paper_id

        page = _PAGE.fullmatch(str(value).strip())
        found = paper_id(page[1] if page else str(value))
        if found is None:
            self.fail(f"{value!r} is no arXiv id such as 2503.02130, and no page of one", param, ctx)
        return found


class ProfileText(click.ParamType[str]):
    """A profile, which may begin with a mark: of a command that passes on what is no option."""

    name = "profile"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text; what begins as a long option does is an option mistyped."""
        text = str(value)
        if text.startswith("--"):
            self.fail(f"there is no option {text.partition('=')[0]!r}", param, ctx)
        return text


class Bar(click.FloatRange):
    """A score from 0 to 10. Click's own range lets through what is no number: it is not outside."""

    def __init__(self) -> None:
        super().__init__(0, 10)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the score; anything else is wrong usage."""
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number from 0 to 10", param, ctx)
        return found


class Weekdays(click.ParamType[frozenset[int]]):
    """``daily``, ``weekdays``, ``weekly``, or names such as ``mon,thu``."""

    name = "weekdays"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[int]:
        """Read the days; anything else is wrong usage."""
        text = str(value).strip().lower()
        if text in SETS:
            return SETS[text]
        names = [piece.strip()[:3] for piece in text.split(",")]
        if not set(names) <= set(WEEKDAYS):
            self.fail(f"{text!r} is neither daily, weekdays, weekly nor a list like mon,thu", param, ctx)
        return frozenset(WEEKDAYS.index(name) for name in names)


class Hour(click.ParamType[time]):
    """A local time of day, ``hh:mm``."""

    name = "hh:mm"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> time:
        """Read the time; anything else is wrong usage."""
        try:
            return time.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time of day like 07:30", param, ctx)


class Day(click.ParamType[date]):
    """A calendar date, ``yyyy-mm-dd``."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the date; anything else is wrong usage."""
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date like 2026-03-31", param, ctx)


def agreed(question: str) -> bool:
    """Ask before what cannot be undone. Raises ``UsageError`` where nobody is there to answer."""
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: --yes does it without asking")
    return click.confirm(question, err=True)
