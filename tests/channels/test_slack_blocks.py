"""What Slack shows: within every limit, validated by the SDK's own models, safe with hostile content."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from digest.channels.slack import SlackChannel
from digest.channels.slack_entry import PAPER_URL
from digest.channels.slack_parts import Body, Posted, read_body, read_reference
from digest.channels.slack_text import width
from digest.model import DayAccount, DayState, DigestKind, Mark, Organisation, Paper, Sheet
from tests.channels.mails import KINDS
from tests.channels.mails import sheet as golden_sheet
from tests.channels.slack_sheets import LINKS, SCORE, SLOT, paper, papers, sheet
from tests.naughty import NAUGHTY
from tests.scores import score_of
from tests.slack_server import wrong_content

MARKS = re.compile(r"<([^<>]*)>")
Layout = Literal["auto", "always", "never"]


def body_of(made: Sheet, layout: Layout = "auto", *, interactive: bool = True) -> Body:
    return read_body(SlackChannel(layout=layout, interactive=interactive).render(made))


def with_entries(made: Sheet, **changes: Any) -> Sheet:
    """The sheet with all its entries changed alike."""
    sections = tuple(
        replace(found, entries=tuple(entry._replace(**changes) for entry in found.entries))
        for found in made.digest.sections
    )
    return replace(made, digest=replace(made.digest, sections=sections))


def mrkdwn_of(value: Any) -> list[str]:
    """All texts that Slack parses as mrkdwn."""
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [text for inner in value.values() for text in mrkdwn_of(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in mrkdwn_of(inner)]
    return []


def verbatim(value: Any) -> bool:
    """Whether no mrkdwn object lets Slack find links and names by itself."""
    if isinstance(value, dict):
        own = value.get("type") != "mrkdwn" or value.get("verbatim") is True
        return own and all(verbatim(inner) for inner in value.values())
    return not isinstance(value, list | tuple) or all(verbatim(inner) for inner in value)


def proved(body: Body, base: str = "https://digest.example") -> None:
    """Limits, the SDK's models, no mention, no foreign link, in every message of a digest."""
    for index, part in enumerate(body.parts):
        blocks = json.loads(json.dumps(part.blocks))
        posted = {"text": part.text, "blocks": blocks}
        assert wrong_content(posted) == "", f"part {index}"
        for block in blocks:
            parsed = Block.parse(block)
            assert parsed is not None
            parsed.validate_json()
        assert verbatim(blocks)
        assert 0 < width(part.text) <= 3000
        assert 0 < width(part.plain) <= 4000
        for text in (*mrkdwn_of(blocks), part.text, part.plain):
            assert not re.search(r"[<>]", MARKS.sub("", text))
            for inside in MARKS.findall(text):
                assert inside.startswith((PAPER_URL, f"{base}/")), inside


@pytest.mark.parametrize("layout", ["auto", "always", "never"])
@pytest.mark.parametrize("interactive", [True, False])
@pytest.mark.parametrize("counts", [(), (1,), (5,), (6,), (16, 1), (50,), (25, 24, 1)])
def test_every_size_and_layout_keeps_within_slacks_limits(
    layout: Layout, interactive: bool, counts: tuple[int, ...]
) -> None:
    numbered = iter(papers(60, abstract="A long sentence about “state”. " * 60))
    made = sheet(*([next(numbered) for _ in range(count)] for count in counts))
    body = body_of(made, layout, interactive=interactive)
    proved(body)
    shown = json.dumps([part.blocks for part in body.parts])
    for entry in made.digest.entries:
        assert f"papers/{entry.paper_id}|" in shown
        assert not interactive or shown.count(f'"42/{entry.paper_id}"') == 4


@pytest.mark.parametrize("text", NAUGHTY)
@pytest.mark.parametrize("layout", ["always", "never"])
def test_hostile_content_mentions_nobody_and_links_nowhere(text: str, layout: Layout) -> None:
    hostile: dict[str, Any] = {"title": text, "abstract": text, "organisation": Organisation(text, text)}
    one = replace(paper(1), authors=(text,) * 4, **hostile)
    made = sheet([one, paper(2)], [paper(3)], profile=text)
    score = score_of(SCORE.value, [replace(reason, term=text) for reason in SCORE.reasons])
    proved(body_of(with_entries(made, score=score, also_in=(text,)), layout))


@given(st.lists(st.text(max_size=400), min_size=1, max_size=20), st.sampled_from(["auto", "always", "never"]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_titles_at_all_make_messages_slack_takes(titles: list[str], layout: Layout) -> None:
    made = [replace(paper(number), title=title, abstract=title) for number, title in enumerate(titles)]
    proved(body_of(sheet(made), layout))


def test_rendering_is_pure_the_same_sheet_gives_the_same_bytes() -> None:
    made = sheet(papers(30), papers(3))
    channel = SlackChannel(interactive=True)
    assert channel.render(made) == channel.render(made)


def test_an_entry_shows_title_facts_opening_and_the_reasons_with_their_arithmetic() -> None:
    shown = mrkdwn_of(body_of(sheet(papers(1))).parts[0].blocks)
    entry = next(text for text in shown if "2511.00001" in text)
    assert entry.splitlines() == [
        "*<https://huggingface.co/papers/2511.00001|Diffusion policies for task 1>*",
        "▲ 34 · ★ 120 · NVIDIA · Ada Grün, Bo Li and 2 more · also in agents",
        "We study control. It works on 12 tasks.",
    ]
    assert "*6.1* · diffusion policy 5.3 (title, abstract) · votes 0.8" in shown


def test_late_and_rising_papers_say_so() -> None:
    made = with_entries(sheet(papers(1)), mark=Mark.RISING, also_in=())
    shown = mrkdwn_of(body_of(made).parts[0].blocks)
    assert any("· Rising, from Fri 20 Nov" in text for text in shown)


def test_a_catch_up_names_its_days_and_why_it_is_one_and_when_the_next_comes() -> None:
    made = sheet(papers(2))
    days = tuple(DayAccount(SLOT - timedelta(days=back), DayState.SETTLED, 5) for back in range(4))
    told = replace(made.digest.account, days=days)
    digest = replace(made.digest, kind=DigestKind.CATCH_UP, account=told, next_slot=SLOT + timedelta(days=3))
    blocks = body_of(replace(made, digest=digest)).parts[0].blocks
    assert blocks[0]["text"]["text"] == "Daily Papers · Tue 17 Nov to Fri 20 Nov 2026"
    shown = "\n".join(mrkdwn_of(blocks))
    assert "covers Tue 17 Nov to Fri 20 Nov at once, in place of the ones that were missed" in shown
    assert "Next digest: Mon 23 Nov at 07:30 (Europe/Berlin)" in shown


def test_what_latex_left_in_a_title_is_made_readable() -> None:
    shown = "\n".join(
        mrkdwn_of(body_of(sheet(papers(1, title=r"$\alpha$-Nets: \textbf{fast}"))).parts[0].blocks)
    )
    assert "|α-Nets: fast>" in shown


def test_an_empty_digest_says_what_came_closest_and_accounts_for_the_rest() -> None:
    (part,) = body_of(sheet()).parts
    shown = "\n".join(mrkdwn_of(part.blocks))
    assert "No paper passed your bar." in shown
    assert (
        "<https://huggingface.co/papers/2511.09999|Almost &lt;there&gt;> (0.3 below your bar of 5.0)" in shown
    )
    assert "8 new papers came, and none reached your bar of 5.0." in shown
    assert "8 papers listed on Fri 20 Nov: 0 chosen, 8 below the bar of 5.0" in shown


def test_without_an_app_the_entries_carry_links_that_do_the_same() -> None:
    shown = mrkdwn_of(body_of(sheet(papers(1)), interactive=False).parts[0].blocks)
    assert any(f"<{LINKS.feedback}/2511.00001/more|More like this>" in text for text in shown)


def test_the_ways_out_stand_in_every_parent() -> None:
    layouts: tuple[Layout, ...] = ("always", "never")
    for layout in layouts:
        parts = body_of(sheet(papers(30)), layout).parts
        shown = "\n".join(mrkdwn_of(parts[-1 if layout == "never" else 0].blocks))
        for address in (LINKS.preferences, LINKS.pause, LINKS.unsubscribe):
            assert f"<{address}|" in shown


def test_the_plain_form_of_all_parts_together_names_every_paper() -> None:
    body = body_of(sheet(papers(30)), "always")
    told = "\n".join(part.plain for part in body.parts[1:])
    assert all(f"papers/2511.{number:05d}|" in told for number in range(1, 31))


def test_a_reference_is_read_as_it_was_written_and_nonsense_is_nothing_posted() -> None:
    posted = Posted().plus("C1", "1.1").plus("C1", "1.2")
    assert posted.reference == "C1:1.1,1.2"
    assert read_reference(posted.reference) == posted
    for nonsense in ("", "C1", ":", "C1:", "250 queued"):
        assert read_reference(nonsense) == Posted()
    assert Posted().reference == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", ["auto", "always", "never"])
def test_every_golden_digest_makes_messages_slack_takes(kind: str, layout: Layout) -> None:
    made = golden_sheet(KINDS[kind])
    base = made.links.preferences.partition("/p/")[0]
    proved(body_of(made, layout), base)
    proved(body_of(replace(made, address="https://hooks.slack.com/services/x"), layout), base)


@pytest.mark.real_data
def test_real_papers_of_many_days_make_messages_slack_takes(real_data: Path) -> None:
    for file in sorted((real_data / "days-2026-normalized").glob("*.json.gz"))[::8]:
        found = [real_paper(one) for one in real_items(json.loads(gzip.decompress(file.read_bytes())))]
        proved(body_of(sheet(found[:50]), "always"))
        proved(body_of(sheet(found[:50]), "never", interactive=False))


def real_items(document: Any) -> list[dict[str, Any]]:
    return list(document if isinstance(document, list) else document["papers"])


def real_paper(item: dict[str, Any]) -> Paper:
    told = item.get("paper", item)
    return Paper(
        str(told.get("id") or told.get("paper_id") or told.get("arxiv_id")),
        str(told.get("title")),
        str(told.get("summary") or told.get("abstract") or ""),
    )
