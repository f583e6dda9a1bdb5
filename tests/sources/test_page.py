"""What a page says for an asked day: papers, empty, another day, or no element, told apart."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from digest.demo.sample import FIRST_DAY
from digest.demo.server import sample_source
from digest.demo.shapes import page_of
from digest.errors import ParseError
from digest.model import EmptyDay, NoElement, Papers, Redirected, Tier
from digest.sources.api import parse_api
from digest.sources.cards import linked_day, parse_cards
from digest.sources.embedded import NoElementError, parse_embedded
from digest.sources.page import read_page
from tests.sources.shapes import ARROWS, AUTHORS_ROW, DAY, api, card, item, page, props


def ids(papers: Papers) -> list[str]:
    return [record.paper.id for record in papers.records]


# --- the embedded element --------------------------------------------------------------------


def test_the_element_is_found_behind_others_that_resemble_it() -> None:
    found = parse_embedded(page(props(item())))
    assert (found.day, found.period, found.previous) == (DAY, "day", DAY - timedelta(days=3))
    assert ids(found.papers) == ["2609.00010"]


def test_the_page_of_2024_names_its_day_in_full() -> None:
    old = {"date": "2024-08-01T00:00:00.000Z", "dailyPapers": [item()]}
    assert parse_embedded(page(old)).day == date(2024, 8, 1)


def test_page_and_api_give_the_same_records() -> None:
    items = [item("2609.00010"), item("2609.00020", title="Wrapped\n  title")]
    assert parse_embedded(page(props(*items))).papers == parse_api(api(*items))[0]


@pytest.mark.parametrize(
    ("more", "period"),
    [
        ({"periodType": "week"}, "week"),
        ({"periodType": "month"}, "month"),
        ({"isTrending": True}, "trending"),
        ({"query": {"q": "agents"}}, "search"),
        ({"periodType": 7}, "unknown"),
    ],
)
def test_period_trending_and_search_pages_are_the_same_element(more: dict[str, object], period: str) -> None:
    found = parse_embedded(page(props(item(), **more)))
    assert (found.period, ids(found.papers)) == (period, ["2609.00010"])


@pytest.mark.parametrize("stamp", [None, 5, "soon", ""])
def test_a_page_without_a_readable_date_has_none(stamp: object) -> None:
    assert parse_embedded(page(props(item(), dateString=stamp))).day is None


def test_markup_in_a_script_or_comment_is_not_the_element() -> None:
    decoy = (
        '<script>var x = \'<div data-target="DailyPapers" data-props="{}">\'</script>'
        '<!-- <div data-target="DailyPapers" data-props="{}"></div> -->'
    )
    with pytest.raises(NoElementError):
        parse_embedded(page(None, body=decoy))


@pytest.mark.parametrize(
    "broken", [[], {"dailyPapers": None}, {"dailyPapers": {}}, {"papers": []}, {"\ud800": 1}]
)
def test_an_element_without_its_list_is_an_error(broken: dict[str, object]) -> None:
    with pytest.raises(ParseError, match="no list"):
        parse_embedded(page(broken))


def test_a_page_that_is_not_utf_8_is_an_error() -> None:
    with pytest.raises(ParseError, match="not UTF-8"):
        parse_embedded(page(props(item())) + "é".encode("latin-1"))


@pytest.mark.parametrize("body", [b"", b"   ", b"\0\0"])
def test_nothing_is_an_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_embedded(body)


# --- cards -----------------------------------------------------------------------------------


def cards_page(*cards: str, arrows: str = ARROWS) -> bytes:
    return page(None, body=arrows + "".join(cards))


def test_a_card_gives_an_incomplete_record() -> None:
    found = parse_cards(cards_page(card()))
    (record,) = found.papers.records
    assert not record.paper.complete
    assert (record.paper.id, record.paper.title, record.upvotes, record.comments) == (
        "2609.00010",
        "A paper",
        42,
        3,
    )
    assert record.paper.organisation is not None
    assert (record.paper.organisation.name, record.paper.organisation.title) == ("org-x", "Org X")
    assert record.author_count is None
    assert record.paper.authors == ()


def test_without_an_organisation_the_card_counts_authors_and_names_accounts_which_are_not_taken() -> None:
    (record,) = parse_cards(cards_page(card(organisation=AUTHORS_ROW))).papers.records
    assert (record.author_count, record.paper.authors, record.paper.organisation) == (1056, (), None)


def test_one_authors_is_one_author() -> None:
    row = "<ul><li><div>·</div> 1 authors</li></ul>"
    assert parse_cards(cards_page(card(organisation=row))).papers.records[0].author_count == 1


@pytest.mark.parametrize(
    ("shown", "upvotes"),
    [("-", 0), ("0", 0), ("1,056", 1056), ("1.2k", None), ("many", None), ("9" * 20, None)],
)
def test_upvotes_as_shown(shown: str, upvotes: int | None) -> None:
    assert parse_cards(cards_page(card(upvotes=shown))).papers.records[0].upvotes == upvotes


def test_the_badge_of_the_submitter_is_not_the_upvotes() -> None:
    assert parse_cards(cards_page(card(upvotes="5"))).papers.records[0].upvotes == 5


def test_the_number_beside_the_repository_is_its_stars() -> None:
    stars = '<a href="/papers/2609.00010"><svg></svg><!----> <span>9,001</span></a>'
    (record,) = parse_cards(cards_page(card(below=stars))).papers.records
    assert (record.paper.code_stars, record.upvotes) == (9001, 42)


def test_a_card_without_comments_names_none() -> None:
    assert parse_cards(cards_page(card(comments=""))).papers.records[0].comments is None


def test_trending_and_search_cards_show_the_abstract() -> None:
    (record,) = parse_cards(cards_page(card(below="<p>We\n show.</p>"))).papers.records
    assert (record.paper.abstract, record.paper.complete) == ("We show.", False)


def test_an_escaped_title_is_text() -> None:
    (record,) = parse_cards(cards_page(card(title="&lt;think&gt; &amp; <!----> act"))).papers.records
    assert record.paper.title == "<think> & act"


def test_a_card_that_links_elsewhere_is_refused_and_too_many_fail_the_page() -> None:
    good = [card(f"2609.0001{number}") for number in range(9)]
    found = parse_cards(cards_page(*good, card("trending")))
    assert (len(found.papers.records), len(found.papers.refused)) == (9, 1)
    with pytest.raises(ParseError, match="1 of 2 items"):
        parse_cards(cards_page(good[0], card("date/2026-09-25")))


def test_a_page_cut_short_is_no_source_of_cards() -> None:
    whole = cards_page(card("2609.00010"), card("2609.00020"))
    with pytest.raises(ParseError, match="cut short"):
        parse_cards(whole[: whole.rindex(b"<article")])


@pytest.mark.parametrize(
    ("previous", "label", "day"),
    [
        ("2026-09-25", "Sep 28", date(2026, 9, 28)),
        ("2026-12-31", "Jan 4", date(2027, 1, 4)),
        ("2026-09-25", "Feb 30", None),
        ("2026-09-25", "Sep 20", None),
        ("2026-09-25", "Weekly", None),
    ],
)
def test_a_date_without_a_year_takes_it_from_the_arrow_before_it(
    previous: str, label: str, day: date | None
) -> None:
    arrows = f'<a href="/papers/date/{previous}"></a><div>{label}</div><a class="x"></a>'
    assert parse_cards(cards_page(card(), arrows=arrows)).day == day


def test_the_date_of_2024_stands_in_a_time_element() -> None:
    arrows = '<a href="/papers?date=2024-07-31"></a><time datetime="2024-08-01T00:00:00.000Z"></time>'
    assert parse_cards(cards_page(card(), arrows=arrows)).day == date(2024, 8, 1)


def test_a_date_below_the_first_card_is_not_the_pages() -> None:
    below = '<time datetime="2020-01-01"></time><a href="/papers/date/2020-01-01"></a><div>Jan 2</div>'
    assert parse_cards(page(None, body=ARROWS + card(below=below) + card("2609.00020"))).day == DAY


@pytest.mark.parametrize(
    ("address", "day"),
    [
        ("/papers/date/2026-09-25", date(2026, 9, 25)),
        ("https://huggingface.co/papers?date=2024-07-31", date(2024, 7, 31)),
        ("/papers", None),
        ("/papers/date/2026-13-45", None),
        ("/other?date=2024-07-31", None),
    ],
)
def test_an_address_names_its_day(address: str, day: date | None) -> None:
    assert linked_day(address) == day


# --- outcomes --------------------------------------------------------------------------------


def test_the_asked_day_gives_its_papers() -> None:
    found = read_page(page(props(item())), DAY)
    assert isinstance(found.outcome, Papers)
    assert (found.tier, found.notes) == (Tier.EMBEDDED, ())


def test_another_day_is_a_redirect_not_data() -> None:
    assert read_page(page(props(item())), DAY + timedelta(days=1)).outcome == Redirected(DAY)


def test_a_week_is_not_a_day() -> None:
    assert read_page(page(props(item(), periodType="week")), DAY).outcome == Redirected(None)


def test_an_empty_list_on_an_empty_page_is_an_empty_day() -> None:
    assert read_page(page(props()), DAY).outcome == EmptyDay()


def test_an_empty_list_on_a_page_with_cards_is_not_an_empty_day() -> None:
    found = read_page(page(props(), body=ARROWS + card()), DAY)
    assert isinstance(found.outcome, Papers)
    assert found.tier is Tier.CARDS
    assert found.notes == ("embedded: the embedded list is empty although the page shows cards",)


def test_papers_on_the_page_but_not_in_its_list_are_not_lost() -> None:
    found = read_page(page(props(item("2609.00010")), body=card("2609.00010") + card("2609.00020")), DAY)
    assert isinstance(found.outcome, Papers)
    assert [(record.paper.id, record.paper.complete) for record in found.outcome.records] == [
        ("2609.00010", True),
        ("2609.00020", False),
    ]
    assert found.notes == ("embedded: lists 1 papers, the page shows 2",)
    assert found.tier is Tier.CARDS


def test_a_card_shown_twice_is_no_paper_that_the_list_lacks() -> None:
    found = read_page(page(props(item("2609.00010")), body=card("2609.00010") * 2), DAY)
    assert isinstance(found.outcome, Papers)
    assert (ids(found.outcome), found.tier) == (["2609.00010"], Tier.EMBEDDED)


def test_cards_answer_when_the_element_is_broken() -> None:
    found = read_page(page({"dailyPapers": 5}, body=ARROWS + card()), DAY)
    assert isinstance(found.outcome, Papers)
    assert found.tier is Tier.CARDS
    assert "no list" in found.notes[0]


def test_cards_of_another_day_are_a_redirect() -> None:
    assert read_page(cards_page(card()), DAY + timedelta(days=1)).outcome == Redirected(DAY)


def test_cards_of_an_unknown_day_are_not_believed() -> None:
    assert isinstance(read_page(cards_page(card(), arrows=""), DAY).outcome, NoElement)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<script src="https://x.awswaf.com/challenge.js"></script>', "challenge page"),
        ('<form><input type="password"></form>', "login page"),
        ("<h1>Papers</h1>", "redesigned"),
    ],
)
def test_a_page_without_the_element_says_what_stands_there(body: str, says: str) -> None:
    outcome = read_page(page(None, body=body), DAY).outcome
    assert isinstance(outcome, NoElement)
    assert says in outcome.reason


# --- the sample and the real pages -----------------------------------------------------------


def test_the_sample_pages_give_by_json_and_by_cards_the_papers_of_the_api() -> None:
    from datetime import UTC, datetime

    items = sample_source(FIRST_DAY, datetime(2026, 10, 20, tzinfo=UTC))
    body = page_of(FIRST_DAY, items, previous=FIRST_DAY - timedelta(days=1), following=None).encode()
    records, _ = parse_api(api(*items))
    cards = parse_cards(body)
    assert parse_embedded(body).papers == records
    assert cards.day == FIRST_DAY
    assert [(card.paper.id, card.paper.title, card.upvotes) for card in cards.papers.records] == [
        (record.paper.id, record.paper.title, record.upvotes) for record in records.records
    ]


@pytest.mark.real_data
def test_the_saved_page_of_2024_gives_its_13_papers_both_ways(real_data: Path) -> None:
    body = gzip.decompress((real_data / "html" / "papers-2024-08-01.html.gz").read_bytes())
    embedded, cards = parse_embedded(body), parse_cards(body)
    assert embedded.day == cards.day == date(2024, 8, 1)
    assert len(embedded.papers.records) == 13
    assert [
        (record.paper.id, record.paper.title, record.upvotes, record.comments)
        for record in embedded.papers.records
    ] == [
        (record.paper.id, record.paper.title, record.upvotes, record.comments)
        for record in cards.papers.records
    ]
    assert [len(record.paper.authors) for record in embedded.papers.records] == [
        record.author_count for record in cards.papers.records
    ]


@pytest.mark.real_data
def test_the_page_of_2026_gives_its_list_and_its_cards(real_data: Path) -> None:
    body = (real_data / "html" / "papers-2026-09-28.abridged.html").read_bytes()
    assert ids(parse_embedded(body).papers) == ["2604.02103"]
    cards = parse_cards(body)
    assert cards.day == date(2026, 9, 28)
    assert [record.upvotes for record in cards.papers.records] == [42, 19, 17, 10, 8]
    assert [record.paper.code_stars for record in cards.papers.records] == [11, None, None, 2, None]


@pytest.mark.real_data
def test_every_day_of_the_archive_is_read_without_a_refusal(real_data: Path) -> None:
    listed = 0
    for file in sorted((real_data / "days-2026-api-shaped").glob("2026-*.json.gz")):
        papers, count = parse_api(gzip.decompress(file.read_bytes()))
        assert (len(papers.records), papers.refused) == (count, ())
        listed += count
    assert listed == 2_306
