"""Text from the source, made fit to be read: hostile characters out, LaTeX residue in, sentences. Pure.

The source's abstracts hold what is left of LaTeX after dollars and some backslashes were stripped
("8times", "R^2", "{approx}0.6", "50\\%"). The rule here: readable, never wrong. What cannot be told
for certain stays as it came; nothing is dropped that carries meaning.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MARKS_IN_A_ROW = 4
"""How many combining marks one letter keeps: four cover every living script, more is vandalism."""

_SPACE = re.compile(r"\s+")
_MARKS = re.compile(r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f])\1*")
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029"  # controls and the line ends no mail header survives
    "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen or turning text
    "\ud800-\udfff\ue000-\uf8ff"  # half characters from broken JSON; private use
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"  # tags and private planes
)
_BLANKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")


def clean(text: str, limit: int = 20_000) -> str:
    """One line of harmless text: NFC, blanks collapsed, no controls, overrides or half characters.

    ``limit`` in characters is applied before anything else, so that a megabyte costs no time.
    """
    text = text[:limit]
    if text.isascii() and text.isprintable():
        return " ".join(text.split()) if "  " in text or text != text.strip() else text
    text = _UNSAFE.sub(_replacement, text)
    text = unicodedata.normalize("NFC", text)
    return _SPACE.sub(" ", _bounded_marks(text)).strip()


def _replacement(match: re.Match[str]) -> str:
    character = match.group()
    if character in _BLANKS:
        return " "
    return "\ufffd" if "\ud800" <= character <= "\udfff" else ""


def _bounded_marks(text: str) -> str:
    if _MARKS.search(text) is None:
        return text
    kept: list[str] = []
    row = 0
    for character in text:
        row = row + 1 if unicodedata.combining(character) else 0
        if row <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word and marked with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, blank, _ = cut.rpartition(" ")
    return (head if blank and len(head) > limit // 2 else cut).rstrip(" ,;:-–—") + "…"


def clip_bytes(text: str, limit: int) -> str:
    """At most ``limit`` bytes in UTF-8, marked with an ellipsis when cut."""
    raw = text.encode()
    if len(raw) <= limit:
        return text
    return raw[: limit - 3].decode(errors="ignore").rstrip() + "…"


# --- LaTeX residue ---------------------------------------------------------------------------

_TWICE = re.compile(r"([\w./:#-]{4,200})\{(?:https?://)?\1\}")
"""An address and its own link text, run together by the loss of a macro."""

_URL = re.compile(r"https?://[^\s{}]+")
_SUPERSCRIPT = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_WORDS_AS_SIGNS = {"leq": "≤", "geq": "≥", "neq": "≠", "rightarrow": "→", "leftarrow": "←", "infty": "∞"}
_GREEK = "alpha|beta|gamma|delta|epsilon|theta|lambda|mu|pi|rho|sigma|tau|phi|psi|omega|Omega|Theta|Delta"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\href\{([^{}]*)\}\{([^{}]*)\}", r"\2 (\1)"),
        (r"\\url\{([^{}]*)\}", r"\1"),
        (r"\\(?:cite[pt]?|label|ref)\*?\{[^{}]*\}", ""),
        (r"\\footnote\{([^{}]*)\}", r" (\1)"),
        (
            r"\\(?:text(?:bf|it|tt|sc|rm|sf)?|emph|underline|math(?:bf|rm|it|cal|bb|sf|tt)|operatorname)\s?\{([^{}]*)\}",
            r"\1",
        ),
        (r"\\([%&$#_{}])", r"\1"),
        (r"\\[ ,;:!]", " "),
        (r"\b(?:mathcal|mathbb|mathbf|mathrm|boldsymbol)(?=[{A-ZΑ-Ωα-ω])", ""),
        (r"(?<=\d)\{?\\?times\}?(?![a-z])", "×"),
        (r"\{approx\}|\bapprox(?=\s?\d)", "≈"),
        (r"\^\{?\\?circ\}?", "°"),
        (r"\{([=<>,.:+\-−±×≈])\}", r"\1"),
        (r"(?<=[A-Za-z])\{([^\W\d_]{1,12})\}|\{([^\W\d_]{1,12})\}(?=[a-z_-])", r"\1\2"),
        (r"_\{([\w.,+\-]{1,24})\}", r"_\1"),
        (r"(?<![`\w])``(.{1,200}?)''", r"“\1”"),
        (r"(?<=[\d×%])--(?=[\d.])", "–"),
        (r"(?<=\w) ---? (?=\w)", " – "),
        (r"(?<=[\w%)])---?(?=[a-z])", "–"),
        (r"(?<=[\w.)])~(?=[\w\\(])", " "),
    )
)
_POWER = re.compile(r"(?<![a-z])([A-Z\d)Α-Ωα-ω\]])\^(?:\{([\d+\-]{1,6})\}|(-?\d{1,4}))")
_BRACED_POWER = re.compile(r"\^\{(\w{1,12})\}")
_MACRO = re.compile(r"\\([A-Za-z]+)")
_SIGN = re.compile(r"(?<![a-z])\\?(" + "|".join(_WORDS_AS_SIGNS) + r")\b")
_LETTER_CALL = re.compile(r"\b(Omega|Theta)(?=\()")
_MATHS = re.compile(
    r"(?<![\\\w$])\$(?![\s\d$])([^$]{1,160}?)(?<![\s\\])\$(?![\w$])|(?<![\\\w$])\$(\d+[^\s$\d][^\s$]{0,40})\$(?!\w)"
)
_RESIDUE = re.compile(
    r"[\\{}$~^]|``|--|\d\{?times|\b(?:leq|geq|neq|rightarrow|leftarrow|infty|approx|mathcal|mathbb|mathbf|boldsymbol|Omega\(|Theta\()"
)


def readable(text: str) -> str:
    """``clean`` text with LaTeX residue turned into what it meant: ``8times`` → ``8×``, ``R^2`` → ``R²``.

    Addresses (``https://…``) are left alone.
    """
    text = clean(text)
    if _RESIDUE.search(text) is None:
        return text
    text = _TWICE.sub(r"\1", text)
    pieces: list[str] = []
    end = 0
    for url in _URL.finditer(text):
        pieces += [_plain(text[end : url.start()]), url.group()]
        end = url.end()
    return _SPACE.sub(" ", "".join([*pieces, _plain(text[end:])])).strip()


def _plain(text: str) -> str:
    text = _MATHS.sub(lambda match: match[1] or match[2], text)
    text = _SIGN.sub(lambda match: _WORDS_AS_SIGNS[match[1]], text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = _MACRO.sub(lambda match: _symbol(match[1]), text)
    text = _LETTER_CALL.sub(lambda match: _symbol(match[1]), text)
    text = _POWER.sub(lambda match: match[1] + (match[2] or match[3]).translate(_SUPERSCRIPT), text)
    return _BRACED_POWER.sub(r"^\1", text)


@lru_cache(maxsize=1024)
def _symbol(name: str) -> str:
    """The character a macro stands for, by pylatexenc's table; an author's own macro keeps its name."""
    from pylatexenc.latex2text import get_default_latex_context_db

    found = get_default_latex_context_db().get_macro_spec(name)
    character = getattr(found, "simplify_repl", None)
    if isinstance(character, str) and character and "%" not in character and "\\" not in character:
        return character.strip() or " "
    return name


# --- sentences -------------------------------------------------------------------------------

_END = re.compile(r"[.!?][\"”'’)\]]*(?=\s+[\"“'‘(\[<]*[A-Z0-9À-ÞΑ-Ω])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|et al|vs|cf|c\.f|w\.r\.t|a\.k\.a|etc|resp|approx"
    r"|Figs?|Eqs?|Sec|Tab|No|Dr|Prof|St|[A-Z])\.$"
)


def sentences(text: str, count: int, limit: int = 420) -> str:
    """The first ``count`` sentences, as many of them as stay within ``limit`` characters.

    Ends at a sentence; only a first sentence longer than the limit is cut, at a word, with an ellipsis.
    """
    if count < 1:
        return ""
    ends = [match.end() for match in _END.finditer(text[: limit * 4]) if not _abbreviated(text, match)]
    if len(ends) < count:
        ends.append(len(text))
    fitting = [end for end in ends[:count] if end <= limit]
    return text[: fitting[-1]] if fitting else clip(text, limit)


def _abbreviated(text: str, match: re.Match[str]) -> bool:
    return _ABBREVIATION.search(text, max(0, match.start() - 12), match.start() + 1) is not None
