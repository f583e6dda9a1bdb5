"""What a day's page says: embedded JSON, else its cards, else what stands in their place. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from digest.errors import ParseError
from digest.model import EmptyDay, NoElement, Outcome, Papers, Redirected, Tier
from digest.sources.cards import CardPage, parse_cards
from digest.sources.embedded import NoElementError, Page, document, read_element

SIGNS = (
    (b"awswaf", "a challenge page (web application firewall)"),
    (b"challenge", "a challenge page"),
    (b'type="password"', "a login page"),
)


@dataclass(frozen=True, slots=True)
class PageReading:
    """The outcome of a page for an asked day, the representation that gave it, and what did not."""

    outcome: Outcome
    tier: Tier
    notes: tuple[str, ...] = ()


def read_page(body: bytes, day: date) -> PageReading:
    """Read ``body`` as the page of ``day``; never raises for what it holds."""
    try:
        tree = document(body)
        page = read_element(tree)
    except ParseError as error:
        missing = isinstance(error, NoElementError)
        return _from_cards(body, day, str(error), missing=missing)
    shown = len(tree.findall(".//article"))
    if not page.papers.records and shown:
        return _from_cards(body, day, "the embedded list is empty although the page shows cards")
    outcome = _embedded_outcome(page, day)
    if isinstance(outcome, Papers) and shown > len(outcome.records) + len(outcome.refused):
        return _with_cards(body, outcome, shown)
    return PageReading(outcome, Tier.EMBEDDED)


def _with_cards(body: bytes, papers: Papers, shown: int) -> PageReading:
    """Papers that stand on the page but not in its list are taken from their cards, incomplete.

    The day then counts as known from cards: it is a gap until a read brings all papers whole.
    """
    note = f"embedded: lists {len(papers.records)} papers, the page shows {shown}"
    try:
        cards = parse_cards(body)
    except ParseError as error:
        return PageReading(papers, Tier.EMBEDDED, (note, f"cards: {error}"))
    listed = {record.paper.id for record in papers.records}
    more = tuple(record for record in cards.papers.records if record.paper.id not in listed)
    tier = Tier.CARDS if more else Tier.EMBEDDED
    return PageReading(Papers(papers.records + more, papers.refused), tier, (note,))


def _embedded_outcome(page: Page, day: date) -> Outcome:
    if page.period != "day":
        return Redirected(None)
    if page.day not in {None, day}:
        return Redirected(page.day)
    return page.papers if page.papers.records else EmptyDay()


def _from_cards(body: bytes, day: date, why: str, *, missing: bool = False) -> PageReading:
    try:
        cards = parse_cards(body)
    except ParseError as error:
        reason = _seen_instead(body) if missing else why
        return PageReading(NoElement(reason), Tier.CARDS, (f"embedded: {why}", f"cards: {error}"))
    return PageReading(_cards_outcome(cards, day), Tier.CARDS, (f"embedded: {why}",))


def _cards_outcome(cards: CardPage, day: date) -> Outcome:
    if cards.day is None:
        return NoElement("the page shows cards, but does not say of which day")
    return Redirected(cards.day) if cards.day != day else Papers(cards.papers.records, cards.papers.refused)


def _seen_instead(body: bytes) -> str:
    lowered = body.lower()
    for sign, words in SIGNS:
        if sign in lowered:
            return f"{words} stands in the place of the papers"
    return "the page has neither the DailyPapers element nor cards: it was redesigned, or is another page"
