"""Items and pages have the source's shape: compared with the source's own, where they are at hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from digest.demo.sample import FIRST_DAY, LAST_DAY, listings
from digest.demo.shapes import Item, item_of, page_of

NIGHT = datetime(2026, 10, 17, tzinfo=UTC)
ITEMS = [item_of(listing) for day in (FIRST_DAY, LAST_DAY) for listing in listings(day, NIGHT)]
OPTIONAL = {"mediaUrls", "organization", "ai_summary", "ai_keywords", "projectPage"} | {
    "githubRepo",
    "githubRepoAddedBy",
    "githubStars",
}


def kinds(value: Any) -> Any:
    """The shape of a JSON value: keys and types, without contents."""
    if isinstance(value, dict):
        return {key: kinds(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return type(value)


@pytest.mark.real_data
def test_items_have_the_keys_and_types_of_real_ones(real_data: Path) -> None:
    real = json.loads((real_data / "api" / "daily_papers-2026-08-03.three-items.json").read_text())
    real_paper = {key: kind for item in real for key, kind in kinds(item["paper"]).items()}
    real_author = {key: kind for author in real[0]["paper"]["authors"] for key, kind in kinds(author).items()}

    for item in ITEMS:
        assert item.keys() - OPTIONAL == real[0].keys() - OPTIONAL
        assert kinds(item["submittedBy"]) == kinds(real[0]["submittedBy"])
        paper = kinds(item["paper"])
        assert paper.keys() - OPTIONAL == real_paper.keys() - OPTIONAL
        assert all(paper[key] == real_paper[key] for key in paper.keys() & real_paper.keys() - {"authors"})
        for author in item["paper"]["authors"]:
            assert all(real_author[key] == kind for key, kind in kinds(author).items())


def test_the_outer_publication_is_four_hours_early_and_the_submission_at_midnight() -> None:
    for item in ITEMS:
        inner, outer = (datetime.fromisoformat(part["publishedAt"]) for part in (item["paper"], item))
        assert inner - outer == timedelta(hours=4)
        assert item["paper"]["submittedOnDailyAt"].endswith("T00:00:00.000Z")


def test_the_outer_title_has_no_line_breaks_where_the_inner_has() -> None:
    wrapped = [item for item in ITEMS if "\n" in item["paper"]["title"]]

    assert wrapped
    assert all(" ".join(item["paper"]["title"].split()) == item["title"] for item in ITEMS)


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "lxml")


def page(items: list[Item], **around: date | None) -> BeautifulSoup:
    return soup(page_of(LAST_DAY, items, **({"previous": None, "following": None} | around)))


def text_of(card: Tag, selector: str) -> str:
    found = card.select_one(selector)
    assert found, selector
    return found.get_text(strip=True)


def cards(html: BeautifulSoup) -> list[Tag]:
    return html.select("article.relative.flex.flex-col.overflow-hidden.rounded-xl.border")


def props(html: BeautifulSoup) -> dict[str, Any]:
    found = html.select_one('div.SVELTE_HYDRATER[data-target="DailyPapers"]')
    assert found
    read: dict[str, Any] = json.loads(str(found["data-props"]))
    return read


def test_page_and_api_hold_the_same_papers() -> None:
    items = [item_of(listing) for listing in listings(LAST_DAY, NIGHT)]
    html = page(items)

    assert [item["paper"] for item in props(html)["dailyPapers"]] == [item["paper"] for item in items]
    assert [text_of(card, "h3 a") for card in cards(html)] == [item["title"] for item in items]


def test_the_newest_day_has_no_next_day() -> None:
    html = page(ITEMS[:1], previous=date(2026, 10, 15))

    assert props(html)["dateString"] == "2026-10-16"
    assert props(html)["prevDate"] == "2026-10-15"
    assert "nextDate" not in props(html)
    assert "Oct 16" in html.get_text()


def test_an_older_day_points_both_ways() -> None:
    html = page(ITEMS[:1], previous=date(2026, 10, 15), following=date(2026, 10, 19))

    assert props(html)["nextDate"] == "2026-10-19"
    assert [a["href"] for a in html.select('a[href^="/papers/date/"]')] == [
        "/papers/date/2026-10-15",
        "/papers/date/2026-10-19",
    ]


def test_a_card_shows_an_organisation_instead_of_authors() -> None:
    for item, card in zip(ITEMS, cards(page(ITEMS)), strict=True):
        says_authors = " authors" in card.get_text()
        assert says_authors is ("organization" not in item)
        if "organization" in item:
            assert text_of(card, "a.rounded-full span") == item["organization"]["fullname"]


def test_a_card_counts_all_authors_and_shows_five_accounts_backwards() -> None:
    kitchen = next(item for item in ITEMS if len(item["paper"]["authors"]) > 100)
    (card,) = cards(page([kitchen]))

    assert f"{len(kitchen['paper']['authors'])} authors" in card.get_text()
    faces = [str(li["title"]) for li in card.select("li[title]")]
    assert faces == [author["name"] for author in kitchen["paper"]["authors"][:5]][::-1]


def test_a_card_shows_the_account_of_a_linked_author() -> None:
    authors = [{"name": "Ana Ruiz", "user": {"user": "anar"}}, {"name": "Bo Lund"}]
    (card,) = cards(page([{"title": "T", "paper": {"id": "2603.01234", "authors": authors}}]))

    assert [li["title"] for li in card.select("li[title]")] == ["Bo Lund", "anar"]


def test_a_card_shows_a_dash_for_no_upvotes_and_a_comma_in_thousands() -> None:
    none, many = (
        {**item, "paper": {**item["paper"], "upvotes": votes}}
        for item, votes in zip(ITEMS[:2], (0, 1056), strict=True)
    )

    shown = [text_of(card, 'a[href^="/login"] div.leading-none') for card in cards(page([none, many]))]
    assert shown == ["-", "1,056"]


def test_items_without_the_optional_keys_make_a_page_too() -> None:
    bare: Item = {"paper": {"id": "2603.01234", "authors": []}}
    (card,) = cards(page([bare]))

    assert text_of(card, 'a[href^="/login"] div.leading-none') == "-"
    assert card.select_one('a[href$="#community"]') is None


def test_markup_in_a_title_is_text() -> None:
    item = {"title": "</article><script>x</script>", "paper": {"id": "2603.01234"}}
    html = page([item])

    assert len(cards(html)) == 1
    assert html.select("script") == []
