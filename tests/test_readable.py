"""Readable text: what is hostile goes, what LaTeX left behind is turned into what it meant."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.readable import clean, clip, clip_bytes, readable, sentences

RESIDUE = {
    "up to 1.64times faster": "up to 1.64× faster",
    "trained on 8timesA800 GPUs": "trained on 8×A800 GPUs",
    "at 256times256 pixels": "at 256×256 pixels",
    "2times--8times": "2×–8×",
    "fell by 43.3\\% \\& more": "fell by 43.3% & more",
    "π_{0.5} and M_{eff}": "π_0.5 and M_eff",
    "R^2 = 0.9, O(L^2), 10^{-4}": "R² = 0.9, O(L²), 10⁻⁴",
    "pass@k and pass^k and pass^3": "pass@k and pass^k and pass^3",
    "turned by 135^{circ}": "turned by 135°",
    "weight {approx}0.6, leq 11\\%": "weight ≈0.6, ≤ 11%",
    "36{,}243 B at q{=}0.75": "36,243 B at q=0.75",
    "{G}rad{S}entry, Touch{é}": "GradSentry, Touché",
    "\\textbf{Self-Reward} by \\texttt{run}": "Self-Reward by run",
    "10-100\\times at \\alpha": "10-100× at α",
    "we introduce \\pyrag, a tool": "we introduce pyrag, a tool",
    "the $\\ell_2$ norm": "the ℓ_2 norm",
    "Motif-Video~2B uses ~3K pairs": "Motif-Video 2B uses ~3K pairs",
    "a ``cold-start'' phase": "a “cold-start” phase",
    "lines 1--3 -- only those": "lines 1–3 – only those",
    "(z_{t}rightarrow z_{0})": "(z_t→ z_0)",
    "github.com/a/b{https://github.com/a/b}.": "github.com/a/b.",
}


@pytest.mark.parametrize(("before", "after"), RESIDUE.items())
def test_latex_residue_reads_as_it_was_meant(before: str, after: str) -> None:
    assert readable(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6 a day, $1.47 million in all.",
        "50% of $5 costs, under $10 in compute.",
        "run with --fast and a_b_c, see https://example.org/~ann/a?x=1--2&y=8times",
        "<think> and <subject, object> stay; three times faster, sometimes",
        "a set {a, b} of maths",
    ],
)
def test_what_is_no_residue_stays_as_it_came(text: str) -> None:
    assert readable(text) == text


HOSTILE = {
    "a\r\nBcc: x@example.org": "a Bcc: x@example.org",
    "a\x85b\u2028c\u2029d\x0be\x0cf\x1cg": "a b c d e f g",
    "nul\x00l": "null",
    "\u202egnp.exe\u202c": "gnp.exe",
    "half \ud83d character": "half \ufffd character",
    "e\u0301": "é",
    "zero\u200bwidth\ufeff": "zerowidth",
    "private \ue000use\ue001": "private use",
    "z" + "\u0335" * 40: "z" + "\u0335" * 4,
}


@pytest.mark.parametrize(("before", "after"), HOSTILE.items())
def test_hostile_characters_are_made_harmless(before: str, after: str) -> None:
    assert clean(before) == after


@given(st.text())
def test_clean_text_is_one_printable_line_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == clean(cleaned)
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Zl", "Zp") for character in cleaned)
    cleaned.encode()


@given(st.text(alphabet="$\\{}^_~`'- times123abR%", max_size=60))
def test_reading_never_fails_and_never_adds_a_line(text: str) -> None:
    assert "\n" not in readable(text)


def test_a_megabyte_is_cut_before_it_is_read() -> None:
    assert len(readable("\\{" * 500_000)) <= 20_000


def test_an_opening_ends_at_a_sentence() -> None:
    text = (
        "We study e.g. agents, cf. Fig. 2 of A. Turing et al. in depth. It is 3.5 times faster! Is it? Yes."
    )
    assert sentences(text, 1) == "We study e.g. agents, cf. Fig. 2 of A. Turing et al. in depth."
    assert sentences(text, 2).endswith("faster!")
    assert sentences(text, 9) == text
    assert sentences(text, 0) == ""


def test_an_opening_keeps_whole_sentences_within_its_limit() -> None:
    assert sentences("One is short. " + "Two " * 200 + "ends.", 2) == "One is short."


def test_a_first_sentence_without_end_is_cut_at_a_word() -> None:
    cut = sentences("word " * 500, 2)
    assert cut.endswith("word…")
    assert len(cut) <= 420


@given(st.text(min_size=1), st.integers(8, 60))
def test_clipping_keeps_its_limits(text: str, limit: int) -> None:
    assert len(clip(text, limit)) <= limit
    harmless = clean(text)
    assert len(clip_bytes(harmless, limit).encode()) <= limit
