"""One sum: a day for everybody and one paper for one profile give the same, and every score can be taken
apart.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digest.model import Candidate, Paper, Profile, ReasonKind, Verdict, Weight
from digest.ranking.calibration import calibrated, enough_for, evidence_of
from digest.ranking.corpus import Corpus, CorpusFormatError
from digest.ranking.dilution import diluted
from digest.ranking.diversity import DISTINCT, RELEVANCE, spread
from digest.ranking.feedback import learn_weights
from digest.ranking.language import parse_profile
from digest.ranking.product import pack
from digest.ranking.rank import judge, rank
from digest.ranking.reasons import by_owner, share_out, spans, true_cells
from digest.ranking.vocabulary import Vocabulary
from digest.wording import learnt_weight
from tests.scores import score_all

NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)
_WORDS = {
    "robots": "robot arm manipulation grasping policy imitation dexterous hand demonstration",
    "speech": "speech audio recognition voice speaker acoustic transcript spoken language",
    "vision": "image diffusion pixel denoising sampler generation text guidance latent",
    "weather": "rain forecast satellite wind storm cloud radar climate ocean",
    "law": "court contract judge statute clause case verdict legal appeal",
    "chess": "pawn opening endgame mate board gambit rook knight bishop",
    "cells": "protein gene cell tissue antibody membrane enzyme mutation assay",
    "proofs": "theorem lemma proof axiom tactic kernel induction prover logic",
}
TOPICS = {name: words.split() for name, words in _WORDS.items()}


def made(number: int, topic: str) -> Paper:
    pick = random.Random(number)
    words = [pick.choice(TOPICS[topic]) for _ in range(30)]
    return Paper(f"2605.{number:05d}", " ".join(words[:5]).title(), " ".join(words[5:]) + f" filler{number}")


STORE = [made(number, list(TOPICS)[number % 8]) for number in range(160)]
CORPUS = Corpus.build(STORE)
DAY = [
    Candidate(made(number, list(TOPICS)[number % 3]), date(2026, 5, 20), number, 1)
    for number in range(900, 915)
]
PROFILES = (
    "robot, grasping",
    "speech recognition^3, -voice",
    "+diffusion, image",
    "",
    "spoken*, RAG",
    '"robot arm"',
)
texts = st.lists(st.sampled_from(PROFILES), min_size=1, max_size=5)


def profile(
    text: str, *, bar: float | None = None, learning: bool = True, weights: tuple[Weight, ...] = ()
) -> Profile:
    return Profile(1, 1, "mine", text, parse_profile(text), bar=bar, learning=learning, weights=weights)


@settings(deadline=None, max_examples=25)
@given(texts, st.randoms(use_true_random=False))
def test_a_day_for_all_and_one_paper_for_one_profile_give_the_same(
    chosen: list[str], shuffle: random.Random
) -> None:
    day = shuffle.sample(DAY, len(DAY))
    rankings = rank(day, [profile(text) for text in chosen], CORPUS, now=NOW)
    for text, ranking in zip(chosen, rankings, strict=True):
        for ranked in ranking.chosen:
            alone = judge(ranked.candidate, profile(text), CORPUS, now=NOW, among=day)
            assert alone == ranked
        for row, score in ranking.near_misses:
            alone = judge(day[row], profile(text), CORPUS, now=NOW, among=day)
            assert (alone.verdict, alone.score.value) == (Verdict.BELOW_BAR, score)


@pytest.mark.parametrize("text", PROFILES)
def test_reasons_add_up_and_say_what_is_learnt(text: str) -> None:
    [ranking] = rank(DAY, [profile(text, bar=0.1)], CORPUS, now=NOW)
    for ranked in ranking.chosen:
        assert f"{math.fsum(r.points for r in ranked.score.reasons):.1f}" == f"{ranked.score.value:.1f}"
        for reason in ranked.score.reasons:
            assert (reason.kind is ReasonKind.LEARNT) == bool(reason.related_to)


@given(st.integers(0, 100), st.lists(st.floats(-1, 5, allow_nan=False), min_size=1, max_size=9))
def test_tenths_are_shared_out_exactly(tenths: int, raw: list[float]) -> None:
    shares = share_out(np.array([tenths / 10]), np.zeros(len(raw), dtype=np.intp), np.array(raw))
    expected = tenths if math.fsum(raw) > 1e-9 else 0
    if math.fsum(raw) > 1e-3 or math.fsum(raw) <= -1e-3:
        assert shares.sum() == expected


@given(
    st.lists(st.tuples(st.integers(0, 100), st.lists(st.integers(0, 50), min_size=1, max_size=9)), min_size=1)
)
def test_many_scores_are_shared_out_as_each_alone(scores: list[tuple[int, list[int]]]) -> None:
    values = np.array([tenths / 10 for tenths, _ in scores])
    entry = np.repeat(np.arange(len(scores)), [len(raw) for _, raw in scores])
    together = share_out(values, entry, np.array([one for _, raw in scores for one in raw], dtype=np.float64))
    alone = [
        share_out(np.array([tenths / 10]), np.zeros(len(raw), dtype=np.intp), np.array(raw, dtype=np.float64))
        for tenths, raw in scores
    ]
    assert together.tolist() == np.concatenate(alone).tolist()


@given(
    st.lists(st.tuples(st.integers(0, 100), st.lists(st.integers(0, 9), min_size=1, max_size=9)), min_size=1),
    st.integers(0, 300),
)
def test_tenths_go_to_the_largest_remainders_one_after_the_other(
    scores: list[tuple[int, list[int]]], many: int
) -> None:
    """However many shares one score has."""
    scores = [*scores, (77, [3, 1, 2] * many + [1])]
    values = np.array([tenths / 10 for tenths, _ in scores])
    entry = np.repeat(np.arange(len(scores)), [len(raw) for _, raw in scores])
    flat = [float(one) for _, raw in scores for one in raw]
    expected = [tenths for score in scores for tenths in by_remainders(*score)]
    assert share_out(values, entry, np.array(flat)).tolist() == expected


def by_remainders(tenths: int, raw: list[int]) -> list[int]:
    """Hamilton's method as it is written."""
    if not sum(raw):
        return [0] * len(raw)
    exact = [tenths * one / sum(raw) for one in raw]
    given = [math.floor(one) for one in exact]
    order = sorted(range(len(raw)), key=lambda place: given[place] - exact[place])
    for place in order[: tenths - sum(given)]:
        given[place] += 1
    return given


def test_shares_that_nearly_cancel_out_are_told_all_the_same() -> None:
    assert (
        len(share_out(np.array([9.9]), np.zeros(3, dtype=np.intp), np.array([1e9, -1e9 / 3, -2e9 / 3]))) == 3
    )
    tiny = np.array([0.1, 0.2, -0.3 + 1e-17])
    assert len(share_out(np.array([10.0]), np.zeros(3, dtype=np.intp), tiny)) == 3


def test_equal_remainders_go_to_the_earlier_share_and_larger_ones_first() -> None:
    raw = np.array([1.0, 1.0, 1.0, 1.4, 1.6])
    assert share_out(np.array([1.0, 0.5]), np.array([0, 0, 0, 1, 1]), raw).tolist() == [4, 3, 3, 2, 3]


def test_what_keeps_company_is_related_and_can_be_switched_off() -> None:
    paper = Candidate(
        Paper("x", "Dexterous hand", "imitation demonstration policy dexterous hand"), date(2026, 5, 20), 0, 1
    )
    related = judge(paper, profile("grasping"), CORPUS, now=NOW)
    assert related.score.value > 0
    assert {reason.kind for reason in related.score.reasons} == {ReasonKind.LEARNT}
    assert judge(paper, profile("grasping", learning=False), CORPUS, now=NOW).verdict is Verdict.NO_MATCH


def test_synonyms_do_not_count_twice_and_interests_do_not_dilute() -> None:
    def raw(text: str) -> float:
        return float(score_all(DAY[:1], [profile(text)], CORPUS, now=NOW).raw[0, 0])

    assert raw("grasping, manipulation, dexterous") < 2 * raw("grasping")
    assert raw("grasping, acoustic") > 0.8 * raw("grasping")


def test_votes_only_order_near_ties() -> None:
    first, second = (Candidate(DAY[0].paper, DAY[0].day, votes, 1) for votes in (0, 5_000))
    few, many = (judge(one, profile("grasping"), CORPUS, now=NOW).score.value for one in (first, second))
    assert few <= many <= few + 0.5


def test_likes_lift_papers_like_them_by_named_bounded_weights() -> None:
    liked = [made(number, "speech") for number in range(700, 708)]
    weights = learn_weights(liked, [made(800, "vision")], CORPUS)
    assert weights
    assert all(abs(weight.weight) <= 2 for weight in weights)
    assert set(weights[0].term.split()) <= set(TOPICS["speech"])
    plain, taught = profile("robot"), profile("robot", weights=weights)
    speech = DAY[1]
    before, after = (judge(speech, one, CORPUS, now=NOW) for one in (plain, taught))
    assert after.score.value > before.score.value
    assert any(reason.kind is ReasonKind.FEEDBACK for reason in after.score.reasons)


@pytest.mark.parametrize(("likes", "dislikes"), [(1, 0), (1, 1), (4, 2), (20, 0), (20, 20), (0, 3)])
def test_few_weights_are_kept_and_none_that_says_nothing(likes: int, dislikes: int) -> None:
    weights = learn_weights(
        [made(number, "speech") for number in range(700, 700 + likes)],
        [made(number, "vision") for number in range(800, 800 + dislikes)],
        CORPUS,
    )
    heaviest = max(abs(one.weight) for one in weights)
    assert 1 <= len(weights) <= min(20, 4 * (likes + dislikes))
    assert min(abs(one.weight) for one in weights) >= 0.14 * heaviest
    assert not {learnt_weight(one.weight) for one in weights} & {"+0.00", "−0.00"}
    assert [abs(one.weight) for one in weights] == sorted((abs(one.weight) for one in weights), reverse=True)


def test_likes_say_which_papers_pass_more_than_how_many() -> None:
    """A paper of the keyword that shares nothing with the liked ones scores lower, one like them higher."""
    liked = [made(number, "speech") for number in range(700, 715)]
    plain, taught = (
        profile("robot, speech"),
        profile("robot, speech", weights=learn_weights(liked, [], CORPUS)),
    )
    for candidate, gains in ((DAY[1], True), (DAY[0], False)):
        before, after = (judge(candidate, one, CORPUS, now=NOW).score.value for one in (plain, taught))
        assert (after > before) is gains
    robot, speech = taken_from(taught)
    assert speech > 1.2
    assert 1 <= robot < 1.02
    assert taken_from(replace(taught, learning=False)) == [1, 1]


def taken_from(one: Profile) -> list[float]:
    """What feedback divides the weight of each keyword by."""
    speaking = pack([replace(one, weights=()), one], Vocabulary(CORPUS)).speaking
    plain, taught = (speaking.data[start : start + len(one.keywords)] for start in speaking.indptr[:-1])
    return [float(share) for share in plain / taught]


def test_likes_for_one_interest_leave_the_papers_of_another_where_they_were() -> None:
    liked = [made(number, "speech") for number in range(700, 720)]
    plain = profile("robot grasping, speech recognition")
    taught = replace(plain, weights=learn_weights(liked, [], CORPUS))
    about_robots = [one for one in DAY if one.upvotes % 3 == 0]
    before, after = (
        [judge(candidate, one, CORPUS, now=NOW).score.value for candidate in about_robots]
        for one in (plain, taught)
    )
    assert max(before) > 4
    assert all(now >= then - 0.2 for then, now in zip(before, after, strict=True))


@pytest.mark.parametrize(("cosine", "left"), [(0.14, 1.0), (1.0, 1 / 21)])
def test_many_likes_take_nothing_from_a_keyword_that_is_hardly_like_them(cosine: float, left: float) -> None:
    vocabulary = Vocabulary(Corpus())
    liked = [Weight(f"liked{number}", 1.0) for number in range(20)]
    asked = vocabulary.keywords_of([profile("rain")]).followed_by(vocabulary.fed_back(liked))
    across = np.sqrt(1 - cosine**2)
    vocabulary.directions = np.array([[1, 0], *[[cosine, across]] * len(liked)], dtype=np.float32)
    weights = diluted(asked, np.zeros(len(asked.units), dtype=np.intp), vocabulary)
    assert weights[0] == pytest.approx(left)


def test_what_is_liked_finds_papers_that_say_related_words_only() -> None:
    paper = Paper(
        "2605.09999", "Voice Speaker Acoustic", "transcript voice acoustic spoken speaker language " * 3
    )
    candidate, weights = Candidate(paper, date(2026, 5, 20), 3, 1), (Weight("audio", 1.5),)
    plain, taught = (
        judge(candidate, profile("rain", weights=some), CORPUS, now=NOW).score for some in ((), weights)
    )
    assert taught.value > plain.value
    assert [reason.related_to for reason in taught.reasons if reason.kind is ReasonKind.LEARNT] == ["audio"]
    less = judge(candidate, profile("speech", weights=(Weight("audio", -1.5),)), CORPUS, now=NOW).score
    assert less == judge(candidate, profile("speech"), CORPUS, now=NOW).score


def test_dislikes_take_nothing_from_keywords() -> None:
    assert taken_from(profile("robot, speech", weights=(Weight("speech", -2.0),))) == [1, 1]


def test_no_number_is_learnt_from_likes() -> None:
    """A version says nothing of what somebody likes, though many papers of one family bear it."""
    family = [
        replace(paper, title=f"{paper.title} 2.0", abstract=f"{paper.abstract} Better than 1.5 and 300.")
        for paper in STORE[:40]
    ]
    weights = learn_weights(family[::8], [], Corpus.build([*family, *STORE[40:]]))
    assert weights
    assert not [one.term for one in weights if any(sign.isdigit() for sign in one.term)]


def test_without_feedback_or_store_nothing_is_learnt() -> None:
    assert learn_weights([], [], CORPUS) == ()
    assert learn_weights([STORE[0]], [], Corpus()) == ()


def test_dislikes_alone_only_take_away() -> None:
    weights = learn_weights([], [made(number, "vision") for number in range(5)], CORPUS)
    assert weights
    assert all(weight.weight < 0 for weight in weights)


def test_a_removed_weight_counts_no_more() -> None:
    weight = (Weight("speech", 2.0),)
    speech = DAY[1]
    assert (
        judge(speech, profile("robot", weights=weight), CORPUS, now=NOW).score.value
        > judge(speech, profile("robot"), CORPUS, now=NOW).score.value
    )


def test_the_scale_grows_from_nothing_towards_ten() -> None:
    raw = np.array([-1.0, 0.0, 1.0, 10.0, 20.0, 60.0])
    values = calibrated(raw).tolist()
    assert values[:2] == [0, 0]
    assert values == sorted(values)
    assert values[-1] <= 10
    assert evidence_of(float(calibrated(np.array([12.0]))[0])) == pytest.approx(12.0)


def test_near_duplicates_give_way_when_there_is_no_room() -> None:
    likeness = np.eye(3)
    likeness[0, 1] = likeness[1, 0] = 0.99
    places = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3])
    rows = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 2, 1])
    values = np.array([9.0, 8.9, 8.0, 9.0, 8.9, 1.0, 9.0, 8.9, 8.0, 9.0, 8.9])
    taken = spread(places, rows, values, np.array([2, 2, 3, 1]), lambda some: likeness[np.ix_(some, some)])
    assert [rows[taken & (places == place)].tolist() for place in range(4)] == [
        [0, 2],
        [0, 1],
        [0, 1, 2],
        [2],
    ]


@given(
    st.lists(st.lists(st.integers(0, 100), max_size=6), min_size=1, max_size=4),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
    st.lists(st.sampled_from([0.0, 0.5, 0.8, 1.0]), min_size=36, max_size=36),
)
def test_together_they_give_way_as_each_does_alone(
    scores: list[list[int]], limits: list[int], likeness: list[float]
) -> None:
    alike = np.array(likeness).reshape(6, 6)
    alike = np.maximum(alike, alike.T)
    ordered = [sorted(one, reverse=True) for one in scores]
    places = np.repeat(np.arange(len(ordered)), [len(one) for one in ordered])
    rows = np.array([row for one in ordered for row in range(len(one))], dtype=np.intp)
    values = np.array([tenths / 10 for one in ordered for tenths in one])
    taken = spread(
        places, rows, values, np.array(limits[: len(ordered)]), lambda some: alike[np.ix_(some, some)]
    )
    for place, (one, limit) in enumerate(zip(ordered, limits, strict=False)):
        expected = greedily([tenths / 10 for tenths in one], alike, limit)
        assert np.flatnonzero(taken[places == place]).tolist() == sorted(expected)


def greedily(values: list[float], alike: NDArray[np.float64], limit: int) -> list[int]:
    """Maximal marginal relevance as its authors write it."""
    taken: list[int] = []
    while len(taken) < min(limit, len(values)):
        left = [row for row in range(len(values)) if row not in taken]
        taken.append(max(left, key=lambda row: marginal(row, values, alike, taken)))
    return taken


def marginal(row: int, values: list[float], alike: NDArray[np.float64], taken: list[int]) -> float:
    excess = np.clip((alike[row, taken] - DISTINCT) / (1 - DISTINCT), 0, 1)
    return float(RELEVANCE * values[row] / 10 - (1 - RELEVANCE) * excess.max(initial=0.0))


keys = st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3), st.integers(0, 9)), max_size=30)


@given(keys, st.integers(0, 300), st.sampled_from([1, 10**9, 2**57, 2**59]))
def test_what_is_sorted_by_owner_is_in_the_order_of_a_plain_sort(
    given: list[tuple[int, int, int]], many: int, scale: int
) -> None:
    """However many one owner has, and whether or not all keys stand in one number."""
    given = sorted(given + [(3, n % 3, n % 7) for n in range(many)], key=lambda one: one[0])
    owners, small, great = np.array(given, dtype=np.intp).reshape(-1, 3).T
    great = great * scale
    assert by_owner(owners, small).tolist() == np.lexsort((small, owners)).tolist()
    assert by_owner(owners, small, great).tolist() == np.lexsort((great, small, owners)).tolist()


@pytest.mark.parametrize("owned", [3, 5_000, 30_000])
def test_very_many_are_sorted_as_few_are(owned: int) -> None:
    owners = np.arange(30_000) // owned
    keys = np.random.default_rng(owned).integers(0, 50, len(owners))
    assert np.array_equal(by_owner(owners, keys), np.lexsort((keys, owners)))


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 3)), max_size=20))
def test_numbers_in_a_row_are_told_with_where_they_come_from(given: list[tuple[int, int]]) -> None:
    starts, counts = np.array(given, dtype=np.intp).reshape(-1, 2).T
    owners, numbers = spans(starts, counts)
    expected = [(n, start + k) for n, (start, count) in enumerate(given) for k in range(count)]
    assert list(zip(owners.tolist(), numbers.tolist(), strict=True)) == expected


def test_what_is_true_of_a_table_is_found_row_by_row() -> None:
    mask = np.random.default_rng(1).random((9, 7)) < 0.3
    for table in (mask, mask[:0], mask[:, :0], mask.T):
        assert np.array_equal(true_cells(table), np.nonzero(table))


@given(st.floats(0, 60, exclude_min=True), st.integers(0, 101))
def test_no_evidence_that_reaches_a_bar_is_thought_too_little(evidence: float, tenths: int) -> None:
    bar = tenths / 10
    if round(float(calibrated(np.array([evidence]))[0]), 1) >= bar:
        assert enough_for(np.array([bar]))[0] <= evidence


def test_of_equal_scores_the_newer_comes_first_then_evidence_votes_and_id() -> None:
    dice = random.Random(5)
    topics = list(TOPICS)
    day = [
        Candidate(
            replace(made(number % 60, topics[number % 2]), id=f"{dice.random()}"),
            date(2026, 5, 18 + number % 3),
            dice.randrange(2),
            1,
        )
        for number in range(120)
    ]
    texts = [f"{topics[0]}, {topics[1]}", topics[1], ""]
    profiles = [profile(text, bar=0.1) for text in texts]
    scored = score_all(day, profiles, CORPUS, now=NOW)
    for place, ranking in enumerate(rank(day, profiles, CORPUS, now=NOW, default_limit=200)):
        plain = sorted(
            ranking.rows,
            key=lambda row: (
                -scored.values[row, place], -day[row].day.toordinal(), -scored.raw[row, place],
                -day[row].upvotes, day[row].paper.id,
            ),
        )  # fmt: skip
        assert len(plain) > 20
        assert list(ranking.rows) == plain


def test_evidence_decides_however_little_it_differs() -> None:
    profiles = [profile("robot")] * 40
    scored = score_all(DAY, profiles, CORPUS, now=NOW)
    raw = 8 + np.spacing(8.0) * np.random.default_rng(3).integers(0, 4, scored.raw.shape)
    rows, places = (axis.ravel() for axis in np.indices(raw.shape))
    values = np.full(len(rows), 5.0)
    order = replace(scored, raw=raw).in_order(rows, places, values).tolist()
    assert order == sorted(
        range(len(rows)),
        key=lambda at: (places[at], -DAY[rows[at]].day.toordinal(), -raw[rows[at], places[at]],
                        -DAY[rows[at]].upvotes, DAY[rows[at]].paper.id),
    )  # fmt: skip


def test_keywords_that_share_words_share_their_weight_with_those_of_their_profile_alone() -> None:
    profiles = [
        profile(text) for text in ("robot", "robot arm, robot hand, rain", "robot, robot arm", "rain, hand")
    ]
    vocabulary = Vocabulary(Corpus())
    asked = vocabulary.keywords_of(profiles)
    owners = np.repeat(np.arange(4), [1, 3, 2, 2])
    assert diluted(asked, owners, vocabulary) == pytest.approx(
        [1, 1 / 1.25, 1 / 1.25, 1, 1 / 1.5, 1 / 1.5, 1, 1]
    )


def test_with_room_for_all_nobody_asks_what_is_alike() -> None:
    both = np.array([1, 0])
    assert spread(both * 0, both, np.ones(2), np.array([2]), lambda _: pytest.fail("asked")).tolist() == [
        True,
        True,
    ]


def test_a_corpus_grows_as_if_it_had_been_built_at_once() -> None:
    grown = Corpus.build(STORE[:120]).add(STORE[120:])
    assert grown.papers == CORPUS.papers == 160
    terms = ["s:robot", "s:speech", "s:never"]
    assert grown.frequencies.of(terms).tolist() == CORPUS.frequencies.of(terms).tolist()
    assert grown.stale
    assert not CORPUS.stale


def test_a_corpus_read_back_ranks_the_same() -> None:
    again = Corpus.from_bytes(CORPUS.to_bytes())
    profiles = [profile(text) for text in PROFILES]
    assert rank(DAY, profiles, again, now=NOW) == rank(DAY, profiles, CORPUS, now=NOW)


@pytest.mark.parametrize("body", [b"", b"rubbish", b"\x78\x9c\x03\x00\x00\x00\x00\x01"])
def test_damaged_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(CorpusFormatError):
        Corpus.from_bytes(body)


def test_what_was_sent_is_told_with_its_day() -> None:
    ranked = judge(DAY[0], profile("robot"), CORPUS, now=NOW, sent_on=NOW.date() - timedelta(days=17))
    assert (ranked.verdict, ranked.because) == (Verdict.ALREADY_SENT, "already sent on 3 May 2026")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chess, -robot", "excluded by -robot"),
        ("robot, +zymurgy", "required keyword missing: +zymurgy"),
        ("author:Nobody", "no keyword hit"),
    ],
)
def test_a_profile_that_has_nothing_to_do_with_what_was_sent_says_why(text: str, says: str) -> None:
    """Another one brought it, or its keywords have changed since."""
    ranked = judge(DAY[0], profile(text), CORPUS, now=NOW, sent_on=NOW.date())
    day = f"{NOW.day} {NOW:%B %Y}"
    assert (ranked.verdict, ranked.because) == (Verdict.ALREADY_SENT, f"already sent on {day}; today {says}")
