"""The terminal view: the same digest, without escapes where nobody can see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from digest.channels import digest_lines, entry_lines, paper_lines
from digest.channels.terminal import draw
from digest.model import Digest, Paper
from digest.wording import reason_groups
from tests.channels.mails import DAILY, KINDS, PAPERS, TWINS, sheet


def drawn(digest: Digest = DAILY, papers: Sequence[Paper] = PAPERS) -> str:
    shown = StringIO()
    draw(sheet(digest, papers), Console(file=shown, width=100))
    return shown.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipe_gets_no_escapes_and_no_line_is_too_wide(kind: str) -> None:
    text = drawn(KINDS[kind])
    assert "\x1b" not in text
    assert all(len(line) <= 92 for line in text.splitlines())


def test_the_terminal_says_what_the_mail_says() -> None:
    text = " ".join(drawn().split())
    for entry in DAILY.entries:
        paper = {paper.id: paper for paper in PAPERS}[entry.paper_id]
        for said in (
            paper_lines.title(paper),
            paper_lines.byline(paper),
            paper_lines.paper_url(paper.id),
            entry_lines.also(entry),
        ):
            assert said in text
        for group in reason_groups(entry.score):
            assert f"{group.points} {group.subject}" in text
            assert group.note in text
    assert "53 papers listed" in text
    assert digest_lines.next_line(DAILY) in text


def test_an_empty_digest_names_the_nearest_misses() -> None:
    assert drawn(KINDS["empty"]).count("below your bar of 5.0") == 3


def test_a_title_cannot_hold_mark_up_or_escapes() -> None:
    hostile = replace(TWINS, title="[bold red]x[/] \x1b[2J\x1b]8;;https://evil.example\x07y")
    text = drawn(papers=(hostile, *PAPERS[1:]))
    assert "[bold red]x[/]" in text
    assert "\x1b" not in text
