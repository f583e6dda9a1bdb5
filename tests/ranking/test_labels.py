"""Labels as judgements: they are hidden from what is ranked, and none is too rare, too common or blank."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.ranking.data import ON_TOPIC
from benchmarks.ranking.labels import FEWEST, MONDAYS, MOST, STYLE, labels, read_labels
from digest.model import Candidate, Paper


def bearing(*keywords: str, times: int = FEWEST, name: str = "p") -> list[Paper]:
    return [Paper(f"{name}{number}", "A title", "Text.", source_keywords=keywords) for number in range(times)]


def wordings(papers: list[Paper]) -> list[str]:
    return [topic.profiles[STYLE] for topic in labels(papers)]


def test_a_label_is_asked_for_as_first_written_and_answered_by_the_papers_that_bear_it() -> None:
    papers = [*bearing("World models", times=1, name="a"), *bearing("world-model", times=FEWEST - 1)]
    (topic,) = labels([*papers, *bearing("robots", times=FEWEST - 1, name="other")])
    assert topic.profiles == {STYLE: "World models"}
    assert topic.grades == {paper.id: ON_TOPIC for paper in papers}


def test_labels_of_too_few_or_too_many_papers_are_left_out() -> None:
    assert not wordings(bearing("robots", times=FEWEST - 1))
    assert wordings(bearing("robots", times=MOST)) == ["robots"]
    assert not wordings(bearing("robots", times=MOST + 1))


def test_a_paper_that_writes_a_label_in_two_ways_counts_once() -> None:
    assert not wordings(bearing("robot", "robots", times=FEWEST - 1))


def test_a_label_without_a_word_is_none() -> None:
    assert wordings(bearing("", "\\dsmtree", "robots")) == ["robots"]


def test_what_is_ranked_and_what_it_is_ranked_by_bear_no_label() -> None:
    first, earlier = MONDAYS[0], MONDAYS[0] - timedelta(days=3)
    listed = [
        *(Candidate(paper, earlier, 1, 1) for paper in bearing("robots", name="early")),
        *(Candidate(paper, first, 1, 1) for paper in bearing("agents")),
    ]
    fortnights, topics = read_labels(listed)
    before, fortnight = fortnights[0]
    assert [paper.id for paper in before] == [one.paper.id for one in listed[:FEWEST]]
    assert [one.paper.id for one in fortnight] == [one.paper.id for one in listed[FEWEST:]]
    assert not [paper for paper in (*before, *(one.paper for one in fortnight)) if paper.source_keywords]
    assert [topic.profiles[STYLE] for topic in topics] == ["agents"]
