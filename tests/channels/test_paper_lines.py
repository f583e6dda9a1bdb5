"""What is said of a paper."""

from __future__ import annotations

from dataclasses import replace

from digest.channels.paper_lines import Excerpt, byline, excerpt, paper_links
from tests.channels.mails import LEDGER, QUIET, TWINS


def test_a_byline_names_three_authors_and_counts_the_rest() -> None:
    many = replace(TWINS, authors=tuple(f"Author {n}" for n in range(15)), organisation=None)
    assert byline(many) == "Author 0, Author 1, Author 2 and 12 more"
    assert byline(QUIET) == "Nordlicht"
    assert byline(replace(LEDGER, authors=("", " "))) == ""


def test_the_sources_summary_is_marked_as_such_and_the_abstract_is_not() -> None:
    assert excerpt(QUIET, 2).origin == "AI summary by Hugging Face"
    assert excerpt(TWINS, 1).origin == ""
    assert excerpt(TWINS, 1).text.count(".") == 1
    assert excerpt(TWINS, 0).text == ""
    assert excerpt(replace(QUIET, short_summary=""), 2) == Excerpt("")


def test_only_ids_of_arxiv_are_linked_there() -> None:
    assert [link.name for link in paper_links(TWINS, 7)] == ["arXiv", "PDF", "Code"]
    assert paper_links(replace(LEDGER, id="hf-only/1"), None) == ()
    assert paper_links(replace(LEDGER, id="cs.LG/0601001v2"), None)[0].url.endswith("cs.LG/0601001v2")
