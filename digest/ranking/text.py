"""Text → words: the folding that lets a keyword and a paper agree on spelling.

In order: Unicode is composed (NFKC), accents and strokes are dropped (*ö*, *ł*, *ı*), Greek letters get their
names, LaTeX and its residue are unwrapped (``$\\beta$-VAE``, ``π_{0.5}``, ``Schr\\"{o}dinger``), and the text
is cut into words; British spellings become American.
A word keeps its capitals in ``raw`` so that acronyms can be matched in capitals only. Hyphens and slashes
only separate: whether somebody writes *fine-tuning*, *fine tuning* or *finetuning* is settled by joining
words (``terms.py``).

``BREAK`` stands where a sentence or clause ends; no phrase reaches across it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import Stemmer

BREAK = ""
"""The word that stands for the end of a clause."""


class Word(NamedTuple):
    """One word: ``raw`` with its capitals, ``folded`` without."""

    raw: str
    folded: str


CLAUSE_END = Word(BREAK, BREAK)

_LETTERS = "αβγδεζηθικλμνξοπρσςτυφϕχψωϵ"
_LETTER_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma"
    " tau upsilon phi phi chi psi omega epsilon"
)
GREEK = dict(zip(_LETTERS, _LETTER_NAMES.split(), strict=True))
_STRUCK = dict(zip("øłđħŧıæœðþ", ["o", "l", "d", "h", "t", "i", "ae", "oe", "d", "th"], strict=True))
"""Letters that are no letter with an accent to Unicode, and are to who types a name."""
_NAMED = GREEK | {letter.upper(): name.capitalize() for letter, name in GREEK.items()}
_LETTER_TABLE = str.maketrans(
    _NAMED | _STRUCK | {letter.upper(): plain.upper() for letter, plain in _STRUCK.items()}
)

_LATEX_NAMES = "|".join(sorted({*GREEK.values(), "varepsilon"}, key=len, reverse=True))
_LATEX_LETTER = re.compile(rf"\\(?:var)?({_LATEX_NAMES})(?![a-z])\s*", re.IGNORECASE)
_LATEX_STYLE = re.compile(
    r"\\?\b(?:math(?:cal|bf|bb|rm|sf|tt|it|frak|scr)|text(?:bf|it|tt|sc|rm)?|emph|operatorname)(?=\s*\{)"
)
_LATEX_COMMAND = re.compile(r"\\[a-zA-Z]+\s*")
_LATEX_ACCENT = re.compile(r"""\\(?:["'`^~=.](?=\{?\\?[A-Za-z])|[cdbkruvH](?=\{))""")
_LATEX_STRUCK = re.compile(r"\\(ss|ae|AE|oe|OE|[lLoOij])(?![A-Za-z])\s*")
_LATEX_ESCAPE = re.compile(r"\\([%&$#_{}])")
_SCRIPT = re.compile(r"[_^]\{([^{}]*)\}|[_^](?=\w(?!\w))")
_COMBINING = re.compile("[\u0300-\u036f]+")

_HAN_KANA = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PICTURE = "\u2600-\u27bf\U0001f000-\U0001faff"
_WORD = re.compile(
    rf"[{_HAN_KANA}{_PICTURE}]"  # written without blanks, or a picture: each sign is a word
    r"|[A-Za-z](?:\+\+|#)(?!\w)"  # C++, C#
    rf"|[^\W_{_HAN_KANA}]+(?:[.'’](?=[^\W_{_HAN_KANA}])[^\W_{_HAN_KANA}]+)*"  # words; 4.5; don't
    r"|(?P<end>[.;:!?,](?=\s|$)|[()\[\]—|])"
)

_ISE = re.compile(r"^(.+?)is(ation|ing|ed|er|e$|es$)")
_ROOTED_IN_IS = re.compile(
    r"(?:advert|appra|chast|circumc|pr|conc|cru|bru|exc|exerc|expert|franch|gu|inc|merchand|no|parad|po|pract|prec|pra"
    r"|prem|prom|ra|surm|torto|treat|turquo|w|(?:ad|de|impro|re|super|tele)v|^ar|^dem|^desp|^upr)$"
)
"""Words whose *is* is no British *iz*: supervised, denoising, comprise, otherwise."""
_BRITISH = (
    (re.compile(r"^(behavi|col|neighb|fav|flav|lab|hon|hum|rum|tum|vap|harb|arm)our"), r"\1or"),
    (re.compile(r"^artef(act)"), r"artif\1"),
    (re.compile(r"^dialog(s?)$"), r"dialogue\1"),  # papers write it so, on both sides
    (re.compile(r"^(model|label|signal|channel|travel|cancel)l(ed|ing|er)"), r"\1\2"),
)
_SHORTEST_ISE = 7
"""*is* becomes *iz* from this length on: *generalise*, but not *rising* or *wiser*."""
_SHORTEST_BRITISH = 6
"""The shortest word spelt otherwise in Britain that is folded: *colour*."""

_TOOL = ("izer", "izers")
"""Endings of words that name a tool, which is another thing than what it works on: Snowball's stem of
*tokenizer* is *token*. Other endings (*er*, *or*, *ability*) were tried, too: ``docs/ranking.md``."""

_ACRONYMS = re.compile(r"(?:[bcdfghj-np-tv-xz]{3,}s(?<!ss)|[cgnt]pus|lms)$")
"""Plurals of acronyms in small letters, which neither spelling nor Snowball tells: *llms*, *gpus*, *lms*. Of
those without vowels at least four letters: *gps* and *tts* are no plurals."""
_IRREGULAR = {
    "analyses": "analysis", "diagnoses": "diagnosis", "hypotheses": "hypothesis", "syntheses": "synthesis",
    "crises": "crisis", "matrices": "matrix", "indices": "index", "vertices": "vertex", "vortices": "vortex",
    "criteria": "criterion", "phenomena": "phenomenon",
}  # fmt: skip
"""Plurals that papers write, of which no rule of spelling gives the singular."""

_stemmer = Stemmer.Stemmer("english")


def unwrap(text: str) -> str:
    """LaTeX and its residue as plain words: ``$\\beta$-VAE`` → ``beta-VAE``, ``π_{0.5}`` → ``pi0.5``."""
    if "\\" in text:
        text = _LATEX_LETTER.sub(r"\1", text)
        text = _LATEX_STRUCK.sub(r"\1", _LATEX_ACCENT.sub("", text))
        text = _LATEX_ESCAPE.sub(r"\1", text)
    text = _LATEX_STYLE.sub("", text)
    text = _LATEX_COMMAND.sub(" ", text) if "\\" in text else text
    text = _SCRIPT.sub(r"\1", text) if "_" in text or "^" in text else text
    return text.replace("$", "").replace("{", "").replace("}", "")


def plain(text: str) -> str:
    """Composed, without accents, LaTeX and Greek letters; capitals stay."""
    if text.isascii():
        return unwrap(text)
    composed = unicodedata.normalize("NFKC", text)
    bare = unicodedata.normalize("NFC", _COMBINING.sub("", unicodedata.normalize("NFD", composed)))
    return unwrap(bare.translate(_LETTER_TABLE))


def words(text: str) -> list[Word]:
    """The words of ``text`` in order, with ``CLAUSE_END`` between clauses. Linear in the text."""
    matches = _WORD.finditer(plain(text))
    return [CLAUSE_END if match.lastgroup == "end" else _word(match.group()) for match in matches]


@lru_cache(maxsize=50_000)
def _word(raw: str) -> Word:
    folded = raw.casefold().replace("’", "'").removesuffix("'s").replace("'", "")
    if raw[-1:] == "s" and is_acronym(raw):
        return Word(raw, folded.removesuffix("s"))
    if _ACRONYMS.match(folded):
        return Word(raw, folded[:-1])
    return Word(raw, _IRREGULAR.get(folded) or _american(folded))


def _american(word: str) -> str:
    if len(word) < _SHORTEST_BRITISH:
        return word
    british = _ISE.match(word) if len(word) >= _SHORTEST_ISE else None
    if british and not _ROOTED_IN_IS.search(british[1]):
        word = f"{british[1]}iz{word[british.end(1) + 2 :]}"
    for pattern, replacement in _BRITISH:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=50_000)
def singular(word: str) -> str:
    """A plural folded to its singular by spelling alone: *policies* → *policy*, *classes* → *class*."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The Snowball English stem (Porter 2001) of a folded word; words with digits or signs stay, and a tool
    only loses its plural.
    """
    return _kept(word) or str(_stemmer.stemWord(word))


def stems(folded: Sequence[str]) -> list[str]:
    """``stem`` of many different words at once."""
    stemmed = Stemmer.Stemmer("english", 0).stemWords(list(folded))
    return [_kept(word) or stem for word, stem in zip(folded, stemmed, strict=True)]


def _kept(word: str) -> str:
    """The stem of a word that Snowball must not cut; nothing for any other word."""
    if not (word.isalpha() and word.isascii()):
        return word
    return singular(word) if word.endswith(_TOOL) else ""


def is_acronym(raw: str) -> bool:
    """All capitals, at least two of them, perhaps with a plural s: *RAG*, *LLMs*, *DPO*; not *3D*, *LoRA*."""
    body = raw[:-1] if raw.endswith("s") else raw
    letters = [letter for letter in body if letter.isalpha()]
    return len(letters) > 1 and all(letter.isupper() for letter in letters)


@lru_cache(maxsize=50_000)
def in_capitals(raw: str) -> bool:
    """Written with at least two capitals, as acronyms are: *RAG*, *LLMs*, *NeRF*; not *Rag*."""
    return sum(letter.isupper() for letter in raw) > 1
