"""What a keyword finds in a paper, and what it must not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from digest.model import Candidate, Organisation, Paper, Profile
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.text import words
from tests.scores import score_all

NOW = datetime(2026, 5, 20, tzinfo=UTC)


def finds(keyword: str, paper: Paper) -> bool:
    profile = Profile(1, 1, "one", keyword, parse_profile(keyword))
    scored = score_all([Candidate(paper, date(2026, 5, 20), 0, 1)], [profile], Corpus(), now=NOW)
    return bool(scored.presence[0, 0])


@pytest.mark.parametrize(
    ("keyword", "title"),
    [
        ("state-space model", "State Space Models"),
        ("finetuning", "On Fine-Tuning"),
        ("fine tuning", "Finetuned models"),
        ("multi-modal", "Multimodal learning"),
        ("data sets", "A Dataset"),
        ("policies", "One policy"),
        ("optimisation", "Convex Optimization"),
        ("optimise", "Optimizing everything"),
        ("tokenisers", "A Tokenizer"),
        ("optimizer states", "Optimiser-state sharding"),
        ("supervision", "Weakly supervised"),
        ("denoise", "Denoising at night"),
        ("β-VAE", r"On $\beta$-VAE"),
        (r"\beta-VAE", "A beta-VAE"),
        ("pi0.5", "π_{0.5}: a policy"),
        ("C++", "Programs in C++."),
        ("3D", "3D worlds"),
        ("GPT-4o", "Asking GPT4o"),
        ("f-divergence", "All f-divergences"),
        ("RAG", "On RAG, again"),
        ("LLM", "Many LLMs"),
        ("agent*", "Agentic agents"),
        ('"video generation"', "Video-Generation for all"),
        ("video gener*", "Video generators"),
        ("GPT-4*", "Asking GPT-4o"),
        ("Llama 3*", "A Llama3.1 for all"),
        ("Frechet distance", "The Fréchet Distance"),
        ("Schrodinger bridge", r"A Schr{\"o}dinger Bridge"),
        ("Erdős", r"Of Erd{\H{o}}s graphs"),
        ("Łojasiewicz", r"On {\L}ojasiewicz exponents"),
        ("Lojasiewicz", "On Łojasiewicz exponents"),
        ("colour", "In Color"),
        ("tumour", "Tumors found"),
        ("dialog systems", "A dialogue system"),
        ("artifacts", "An Artefact"),
        ("扩散模型", "关于扩散模型的研究"),
        ("title:benchmark", "A Benchmark"),
        ("large language model agents", "Large Language Model Agents at work"),
    ],
)
def test_spelling_does_not_matter(keyword: str, title: str) -> None:
    assert finds(keyword, Paper("1", title))


@pytest.mark.parametrize(
    ("keyword", "title"),
    [
        ("RAG", "Dragging a rag"),
        ("RAG", "Rag dolls"),
        ("C++", "Plan C for all"),
        ("state space", "The state. Space is vast"),
        ('"video generation"', "Video generators"),
        ("agent*", "Reagents"),
        ("abstract:benchmark", "A Benchmark"),
        ("title:robots", "Nothing here"),
        ("tokenizer", "Counting tokens and tokenization"),
        ("visual tokenizer", "Visual tokens"),
    ],
)
def test_what_only_looks_alike_is_not_found(keyword: str, title: str) -> None:
    assert not finds(keyword, Paper("1", title, "robots in the abstract"))


LEFT = """supervised unsupervised denoising promising comprising compromised otherwise pairwise revised
raising arising exercise enterprise expertise precise existing analysing"""


@pytest.mark.parametrize("word", LEFT.split())
def test_a_word_that_nobody_spells_with_z_is_left_as_it_is(word: str) -> None:
    assert [one.folded for one in words(word)] == [word]


@pytest.mark.parametrize(
    ("typed", "author"),
    [
        ("Lukasz Kaiser", "Łukasz Kaiser"),
        ("Łukasz Kaiser", "Lukasz Kaiser"),
        ("Yildiz", "Ayşe YILDIZ"),
        ("Yıldız", "A. Yildiz"),
        ("Moller", "Anders Møller"),
        ("Weiss", "J. Weiß"),
    ],
)
def test_a_name_is_found_without_its_accents_and_strokes(typed: str, author: str) -> None:
    assert finds(f'author:"{typed}"', Paper("1", "Anything", authors=(author,)))


def test_authors_and_organisations_are_followed_by_whole_names() -> None:
    paper = Paper(
        "1", "T", authors=("Kaiming He", "José Núñez"), organisation=Organisation("nvidia", "NVIDIA Labs")
    )
    assert all(
        finds(one, paper) for one in ('author:"Kaiming He"', "author:nunez", "org:nvidia", "org:NVIDIA Labs")
    )
    assert not finds("author:Kai", paper)
    assert not finds("author:Kaiming Núñez", paper)


def test_ten_repetitions_count_less_than_three_times_one() -> None:
    def raw(abstract: str) -> float:
        profile = Profile(1, 1, "one", "robot", parse_profile("robot"))
        candidate = Candidate(Paper("1", "T", abstract), date(2026, 5, 20), 0, 1)
        return float(score_all([candidate], [profile], Corpus(), now=NOW).raw[0, 0])

    assert raw("robot " * 10) < 3 * raw("robot " + "word " * 9)


@pytest.mark.parametrize("wildcard", ["supports*", "agents*"])
def test_a_longer_phrase_that_somebody_else_asks_for_changes_no_match(wildcard: str) -> None:
    """*support such* begins with the letters of ``supports*``, but is two words where that asks for one."""
    candidate = Candidate(Paper("2609.1", "Models that support such agent systems"), date(2026, 5, 20), 0, 1)
    one, other = (
        Profile(number, number, "one", text, parse_profile(text))
        for number, text in enumerate([wildcard, '"models that support such"'])
    )
    alone = score_all([candidate], [one], Corpus(), now=NOW)
    among = score_all([candidate], [one, other], Corpus(), now=NOW)
    assert among.values[0, 1] > 0
    assert among.values[0, 0] == alone.values[0, 0] == 0
