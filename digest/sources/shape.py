"""The shape of the source's JSON, declared: which keys are read, of which type, within which bounds.

Unknown keys are skipped, ``null`` is the same as a missing key, only ``paper`` must be there. A value of
another type or past its bound raises msgspec's ``ValidationError``, while the text is being decoded.
What is read holds no cycles, so the collector need not look at hundreds of them for each page (``gc=False``).
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

LARGEST_COUNT = 100_000_000  # far above any vote; still an INTEGER in every database
MOST_AUTHORS = 10_000

Text = Annotated[str, Meta(max_length=2_000)] | None
Name = Annotated[str, Meta(max_length=400)] | None
ShortSummary = Annotated[str, Meta(max_length=10_000)] | None
Abstract = Annotated[str, Meta(max_length=40_000)] | None
Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)] | None


class Author(Struct, gc=False):
    """An author. The linked account's name beside ``name`` is somebody's nickname: it is not read."""

    name: Name = None


class Account(Struct, gc=False, rename={"title": "fullname"}):
    """An organisation's account."""

    name: Text = None
    title: Text = None


class Fields(
    Struct,
    gc=False,
    rename={
        "abstract": "summary",
        "comments": "numComments",
        "short_summary": "ai_summary",
        "keywords": "ai_keywords",
        "project_url": "projectPage",
        "code_url": "githubRepo",
        "code_stars": "githubStars",
        "organisation": "organization",
    },
):
    """What the inner ``paper`` and the outer object may both say."""

    id: Text = None
    title: Text = None
    abstract: Abstract = None
    authors: Annotated[list[Author], Meta(max_length=MOST_AUTHORS)] | None = None
    upvotes: Count = None
    comments: Count = None
    short_summary: ShortSummary = None
    keywords: Annotated[list[str], Meta(max_length=MOST_AUTHORS)] | None = None
    project_url: Text = None
    code_url: Text = None
    code_stars: Count = None
    organisation: Account | None = None


class Inner(Fields, rename={"published": "publishedAt", "submitted": "submittedOnDailyAt"}):
    """The paper itself. Only its own dates count: the outer ``publishedAt`` is off by hours."""

    published: Text = None
    submitted: Text = None


class Item(Fields, kw_only=True):
    """One element of the API's list and of the page's ``dailyPapers``."""

    paper: Inner


ItemT = TypeVar("ItemT")


class Props(
    Struct,
    Generic[ItemT],
    rename={
        "papers": "dailyPapers",
        "day": "dateString",
        "moment": "date",
        "previous": "prevDate",
        "period": "periodType",
        "trending": "isTrending",
    },
):
    """The JSON of the page's element. What surrounds its papers is judged where it is read."""

    papers: list[ItemT]
    day: Any = None
    moment: Any = None
    previous: Any = None
    period: Any = "day"
    query: Any = None
    trending: Any = None
