"""The templates of pages: autoescape on, undefined names are errors, nothing built from data."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from digest.account_wording import day_name, plural
from digest.wording import learnt_weight

STATIC = Path(__file__).parent / "static"


def environment() -> Environment:
    """The environment of all pages."""
    made = Environment(
        loader=PackageLoader("digest", "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset)
    made.filters.update(day=_day, plural=plural, local=local, hour=_hour, learnt_weight=learnt_weight)
    return made


@cache
def asset(name: str) -> str:
    """The path of a static file, with a fingerprint of its content: it may be kept for ever."""
    mark = blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/assets/{name}?{mark}"


def _day(day: date) -> str:
    return day_name(day, year=True)


def local(moment: datetime, timezone: str) -> str:
    """A moment in somebody's zone: ``Tue 3 Mar 2026, 07:30``."""
    there = moment.astimezone(ZoneInfo(timezone))
    return f"{day_name(there.date(), year=True)}, {there:%H:%M}"


def _hour(moment: datetime) -> str:
    return f"{moment:%H:%M}"
