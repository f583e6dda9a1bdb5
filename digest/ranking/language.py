"""The profile language: text → keywords → the same text again.

Pieces are separated by commas, semicolons or line breaks, and by ``OR`` or ``|`` between blanks, which
people know from search engines. A mark after a blank and right before a word begins a piece too, so
``agents -survey`` is ``agents, -survey``, while ``state-space``, ``models - a survey`` and what stands in
quotation marks stay whole::

    profile = piece ("," piece | " " marked-piece)*
    piece   = ["+" | "-"] [field ":"] (words | '"' words '"') ["*"] ["^" weight]
    field   = "title" | "abstract" | "author" | "org"

A blank may stand after the colon of a field. What cannot be seen (zero-width signs, soft hyphens, marks of
writing direction) is not read: pages and PDFs leave it in what people copy.

Everything a person may get wrong is answered by a ``ProfileError`` that names the piece, its position and a
remedy. The limits stand at the door, so that no later step has to fear a profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from digest.errors import ProfileError
from digest.model import Field, Keyword, KeywordKind
from digest.ranking.text import BREAK, Word, words

LONGEST_PROFILE = 4_000
"""Characters; a page of text, twenty times what people type."""
MOST_KEYWORDS = 60
"""Pieces of one profile; the widest that people keep has about forty."""
LONGEST_PIECE = 240
"""Characters of one piece: a long sentence."""
MOST_WORDS = 40
"""Words of one piece: a long sentence."""
MOST_WILDCARDS = 10
SHORTEST_WILDCARD = 3
"""Letters before the star: shorter ones match half of every text."""
LEAST_WEIGHT, MOST_WEIGHT = 0.1, 10.0
LONGEST_QUOTE = 60
"""Characters of a piece that an error repeats."""
PIECES_KEPT = 20_000
"""Keywords remembered as read: a hundred thousand profiles ask for the same few thousand."""

FIELDS = {
    "title": Field.TITLE,
    "abstract": Field.ABSTRACT,
    "author": Field.AUTHOR,
    "org": Field.ORG,
    "ti": Field.TITLE,
    "abs": Field.ABSTRACT,
    "au": Field.AUTHOR,
    "authors": Field.AUTHOR,
    "organisation": Field.ORG,
    "organization": Field.ORG,
}
"""What may stand before a colon."""
_NAMES = (Field.AUTHOR, Field.ORG)
"""Fields that hold names: no star, since any of their words finds them."""
_MARKS = {"-": KeywordKind.EXCLUDE, "+": KeywordKind.REQUIRE}
_TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "，": ",", "；": ";", "、": ","}
)
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
"""What text holds and nobody sees. The joiners U+200C and U+200D stay: scripts and pictures need them."""
_DASHES = "-–—−"
_ENDS = re.compile(
    rf"""[",;\n]|(?<=\s)OR(?=\s)|(?<![^\s,;])\|(?=\s)|(?<=\s)[{_DASHES}+]+(?![{_DASHES}+\s,;]|\Z)|\Z"""
)
"""What may end a piece; a mark that is not held back by a blank begins the next one without a comma."""
_ALTERNATIVE = frozenset("O|")
_OPERATOR = re.compile(r"(?:\A|\s)(AND|NOT)(?=\s)")
_MARKED = frozenset(f"{_DASHES}+")
_FIELD = re.compile(r"([A-Za-z]{2,}):\s*")
_LEAD = re.compile(rf"[{_DASHES}+]?(?:[A-Za-z]{{2,}}:)?")
_WEIGHT = re.compile(r"\^([^\s^\"]*)$")
_APART = re.compile(rf"(:|(?:\A|\s)[{_DASHES}+]+)\Z")
"""A text that would be a field, or end before a mark, with a star or a weight right after it."""
_TOO_MUCH = re.compile(r"0*[1-9]\d+(?:\.\d*)?")
_TOO_LITTLE = re.compile(r"0+|0*\.0\d*")
_NUMBER = re.compile(r"\d{1,3}(\.\d{1,3})?|\.\d{1,3}")


_Sought = tuple[str, str, bool, bool]
"""What makes two keywords the same: text, field, exact, prefix."""


class _Piece(NamedTuple):
    text: str
    position: int

    def error(self, message: str, remedy: str) -> ProfileError:
        return ProfileError(
            f"{_quoted(self.text)!r} (position {self.position + 1}): {message}",
            piece=self.text,
            position=self.position,
            remedy=remedy,
        )


def _quoted(text: str) -> str:
    """As much of a text as an error repeats."""
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def parse_profile(text: str) -> tuple[Keyword, ...]:
    """The keywords of a profile, in order, each once. Blank text gives ``()``: the trending profile.

    Raises:
        ProfileError: naming the piece, its position (0-based offset in what can be seen of ``text``) and a
            remedy.
    """
    if len(text) > LONGEST_PROFILE:
        piece = _Piece(text[:40] + "…", 0)
        raise piece.error(
            f"the profile is {len(text):,} characters long; the limit is {LONGEST_PROFILE:,}",
            "keep the keywords that matter, or make two profiles",
        )
    found: dict[_Sought, dict[KeywordKind, float]] = {}
    keywords: list[Keyword] = []
    for number, piece in enumerate(_pieces(_UNSEEN.sub("", text).translate(_TYPOGRAPHY))):
        if number == MOST_KEYWORDS:
            raise piece.error(
                f"more than {MOST_KEYWORDS} keywords in one profile",
                "drop some, or spread them over two profiles",
            )
        keyword, sought = _known(piece)
        same = found.setdefault(sought, {})
        _refuse_contradiction(piece, keyword, same)
        if keyword.kind not in same:
            same[keyword.kind] = keyword.weight
            keywords.append(keyword)
    _limit_wildcards(keywords)
    return tuple(keywords)


def format_profile(keywords: tuple[Keyword, ...] | list[Keyword]) -> str:
    """Keywords as a person would type them; ``parse_profile`` reads the same keywords back."""
    return ", ".join(format_keyword(keyword) for keyword in keywords)


def format_keyword(keyword: Keyword) -> str:
    """One keyword with its marks: ``-title:"video generation"``, ``agent*^2``.

    The weight 1 is written where the keyword itself ends as a weight does: ``l^p^1``. A star or weight stands
    apart from what would read otherwise with it: ``note: ^2``, ``A - *``.
    """
    mark = {KeywordKind.EXCLUDE: "-", KeywordKind.REQUIRE: "+"}.get(keyword.kind, "")
    field = "" if keyword.field is Field.ANY else f"{keyword.field.value}:"
    written = _written(keyword)
    if keyword.kind is KeywordKind.EXCLUDE or (keyword.weight == 1 and not _WEIGHT.search(written)):
        return f"{mark}{field}{written}"
    return f"{mark}{field}{written}{' ' if _APART.search(written) else ''}^{keyword.weight:g}"


def _written(keyword: Keyword) -> str:
    """Text and star. The star of an exclusion stands apart from what would be a weight with it."""
    star = "*" if keyword.prefix else ""
    glued = keyword.text + star
    if keyword.exact:
        return f'"{glued}"'
    weighty = keyword.kind is KeywordKind.EXCLUDE and _WEIGHT.search(glued)
    return f"{keyword.text} {star}" if star and (weighty or _APART.search(keyword.text)) else glued


def _pieces(text: str) -> Iterator[_Piece]:
    start, quote = 0, -1
    for found in _ENDS.finditer(text):
        position = found.start()
        letter = text[position : position + 1] or "\n"
        if letter == "O" and not text[start:position].strip():
            continue  # nothing before it: OR is a word here
        if letter == '"':
            quote = position if quote < 0 else -1
        elif quote < 0:
            held = text[start:position].lstrip()
            if held and held[0] in _DASHES and letter in _ALTERNATIVE:
                raise _Piece(held.rstrip(), position - len(held)).error(
                    f"{found[0]} after what is excluded", "separate by commas, with a mark before each word"
                )
            if held:
                yield _Piece(held.rstrip(), position - len(held))
            start = position if letter in _MARKED else found.end()
        elif letter == "\n":
            raise _unclosed(text[start:quote].strip(), _Piece(text[quote:position].strip(), quote))


def _unclosed(before: str, piece: _Piece) -> ProfileError:
    """``before`` stands between the last piece and the quotation mark: a mark and a field, or words."""
    if len(piece.text) == 1:
        remedy = "drop it, or write words between two of them"
    elif _LEAD.fullmatch(before):
        remedy = f'write {before}{_quoted(piece.text)}"'
    else:
        remedy = f'write {_quoted(before)}, {_quoted(piece.text)}"'
    return piece.error("the quotation mark is not closed", remedy)


def _known(piece: _Piece) -> tuple[Keyword, _Sought]:
    """The keyword of a piece, and what it looks for. Equal pieces are read once."""
    try:
        return _read(piece.text)
    except ProfileError:
        return _named(_keyword(piece))  # fails again, and says where


@lru_cache(maxsize=PIECES_KEPT)
def _read(text: str) -> tuple[Keyword, _Sought]:
    return _named(_keyword(_Piece(text, 0)))


def _keyword(piece: _Piece) -> Keyword:
    if len(piece.text) > LONGEST_PIECE:
        raise piece.error(
            f"{len(piece.text)} characters in one keyword; the limit is {LONGEST_PIECE}",
            "separate keywords by commas",
        )
    kind, rest = _mark(piece)
    field, rest = _field(piece, rest)
    weight, rest = _weight(piece, rest, kind, field)
    body, exact, prefix = _body(piece, rest)
    keyword = Keyword(body, kind, field, weight, exact, prefix)
    _check_words(piece, keyword)
    return keyword


def _mark(piece: _Piece) -> tuple[KeywordKind, str]:
    first, rest = piece.text[0], piece.text[1:]
    mark = "-" if first in _DASHES else first
    if mark not in _MARKS:
        return KeywordKind.INCLUDE, piece.text
    if not rest or rest[0].isspace():
        what = "exclude" if mark == "-" else "require"
        raise piece.error(
            f"a blank stands after {first!r}",
            f"write {mark}{_quoted(_unmarked(rest)) or 'word'} to {what} it, or drop the mark",
        )
    if rest[0] in f"+{_DASHES}":
        raise piece.error("two marks before one keyword", f"write {mark}{_quoted(_unmarked(rest)) or 'word'}")
    return _MARKS[mark], rest


def _unmarked(text: str) -> str:
    """A text without what stands before its first word."""
    return re.sub(rf"\A[{_DASHES}+\s]+", "", text).rstrip()


def _field(piece: _Piece, rest: str) -> tuple[Field, str]:
    match = _FIELD.match(rest)
    if match is None:
        return Field.ANY, rest
    name = match[1].lower()
    if name not in FIELDS:
        if not match[0].endswith(":") or match.end() == len(rest):
            return Field.ANY, rest  # the colon of a sentence, as in "RLHF: a survey"
        close = get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {close[0]}: ?" if close else "leave the colon out to look for the words"
        raise piece.error(
            f"there is no field {_quoted(match[1])!r}",
            f"the fields are title, abstract, author and org; {hint}",
        )
    sought = rest[match.end() :]
    if len(sought) > 1 and sought[0] in _MARKED and not sought[1].isspace():
        mark = "+" if sought[0] == "+" else "-"
        raise piece.error(
            f"the mark {sought[0]!r} stands after the field",
            f"write {mark}{match[1]}:{_quoted(_unmarked(sought)) or 'word'}",
        )
    return FIELDS[name], sought


def _weight(piece: _Piece, rest: str, kind: KeywordKind, field: Field) -> tuple[float, str]:
    match = _WEIGHT.search(rest)
    if match is None:
        return 1.0, rest
    lead = piece.text.removesuffix(rest)
    bare = f"{lead}{_bare(rest, match, star=field not in _NAMES)}"
    if kind is KeywordKind.EXCLUDE:
        raise piece.error("an excluded keyword has no weight", f"write {bare}")
    if not _NUMBER.fullmatch(match[1]) or not LEAST_WEIGHT <= float(match[1]) <= MOST_WEIGHT:
        raise piece.error(
            f"the weight {_quoted(match[1])!r} is not a number from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}",
            _weightless(bare, lead, rest, match),
        )
    return float(match[1]), rest[: match.start()]


def _weightless(bare: str, lead: str, rest: str, match: re.Match[str]) -> str:
    """What to write in place of what is no weight: ``bare`` with one that is, or as it stands."""
    weight = match[1].removesuffix("*")
    if _TOO_MUCH.fullmatch(weight):
        return f"write {bare}^{MOST_WEIGHT:g}, the most there is"
    if _TOO_LITTLE.fullmatch(weight):
        return f"write {bare}^{LEAST_WEIGHT:g}, the least there is"
    counted = f"write {bare}^2 to count it twice"
    if match.start() == 0 or set(rest) & set('"*') or not weight.strip("+-.0123456789"):
        return counted
    return f'{counted}, or {lead}"{_quoted(rest)}" to look for it as it stands'


def _bare(rest: str, match: re.Match[str], *, star: bool) -> str:
    """What stands before a weight, with the star that was written after it."""
    before = rest[: match.start()].strip()
    starred = star and match[1].endswith("*") and not before.endswith("*")
    return f"{_quoted(before or 'word')}{'*' if starred else ''}"


def _body(piece: _Piece, rest: str) -> tuple[str, bool, bool]:
    prefix = rest.endswith("*")
    body = rest[:-1] if prefix else rest
    exact = len(body) > 1 and body[0] == body[-1] == '"'
    if exact:
        body = body[1:-1]
        prefix, body = (True, body[:-1]) if body.endswith("*") else (prefix, body)
    if '"' in body:
        raise piece.error(
            "quotation marks belong around the whole keyword",
            'separate by commas: "video generation", robotics',
        )
    if "*" in body:
        raise piece.error(
            "the star may only stand at the end of a word, as in agent*", "drop the other stars"
        )
    return " ".join(body.split()), exact, prefix


def _check_words(piece: _Piece, keyword: Keyword) -> None:
    if not keyword.exact and _OPERATOR.search(keyword.text):
        keyword = replace(keyword, prefix=keyword.prefix and keyword.field not in _NAMES)
        whole = _quoted(format_keyword(replace(keyword, exact=True)))
        raise piece.error(
            "AND and NOT are no words of a profile",
            f"{_without_operators(keyword)}, or write {whole} to look for it as it stands",
        )
    found = [word for word in words(keyword.text) if word.folded != BREAK]
    if not found:
        raise piece.error("there is no word to look for", "write a word, or drop the piece")
    if len(found) > MOST_WORDS:
        raise piece.error(
            f"{len(found)} words in one keyword; the limit is {MOST_WORDS}", "separate by commas"
        )
    if keyword.prefix and keyword.field in _NAMES:
        raise piece.error(
            "a name has no wildcard",
            f"write {_quoted(format_keyword(replace(keyword, prefix=False)))}: "
            "it finds every name with these words in it",
        )
    if keyword.prefix and _begun(found) < SHORTEST_WILDCARD:
        raise piece.error(
            f"a wildcard needs at least {SHORTEST_WILDCARD} letters before the star", "write the word out"
        )


def _without_operators(keyword: Keyword) -> str:
    """How to say the same in marks: ``+RAG, +agents`` of ``RAG AND agents``, ``agents, -survey`` of NOT.

    Without a proposal where no marks say it: a group with OR in it, or all of several words excluded.
    """
    if keyword.kind is KeywordKind.EXCLUDE or keyword.text.count("(") != keyword.text.count(")"):
        return "separate by commas, with + before each word that must be there and - before what must not"
    first, *others = _OPERATOR.split(keyword.text)
    kinds = {"AND": KeywordKind.REQUIRE, "NOT": KeywordKind.EXCLUDE}
    parts = [(kinds["AND"] if "AND" in others else keyword.kind, first)]
    parts += [(kinds[one], part) for one, part in zip(others[::2], others[1::2], strict=True)]
    said = [
        replace(keyword, text=_ungrouped(part), kind=kind, weight=1.0, prefix=False)
        for kind, part in parts
        if _ungrouped(part)
    ]
    said[-1:] = [replace(one, weight=keyword.weight, prefix=keyword.prefix) for one in said[-1:]]
    return f"write {_quoted(format_profile(said))}"


def _ungrouped(part: str) -> str:
    """Without the brackets of a group that other parts are in."""
    surplus = part.count("(") - part.count(")")
    return part.strip().lstrip("( " if surplus > 0 else "").rstrip(") " if surplus < 0 else "")


def _begun(found: Sequence[Word]) -> int:
    """Signs that a wildcard gives: those of its last word, and all where that is a number: ``GPT-4*``."""
    last = found[-1].folded
    return sum(len(word.folded) for word in found) if last[0].isdigit() else len(last)


def _named(keyword: Keyword) -> tuple[Keyword, _Sought]:
    text = keyword.text if keyword.text.isupper() else keyword.text.casefold()
    return keyword, (text, keyword.field.value, keyword.exact, keyword.prefix)


def _refuse_contradiction(piece: _Piece, keyword: Keyword, same: Mapping[KeywordKind, float]) -> None:
    """``same`` are the kinds under which the same is looked for already, with their weights."""
    if any(KeywordKind.EXCLUDE in (other, keyword.kind) and other is not keyword.kind for other in same):
        raise piece.error("it is both wanted and excluded", "keep one of the two")
    if same.get(keyword.kind, keyword.weight) != keyword.weight:
        raise piece.error("it stands there twice, with different weights", "keep one of the two")


def _limit_wildcards(keywords: Sequence[Keyword]) -> None:
    wild = [keyword for keyword in keywords if keyword.prefix]
    if len(wild) > MOST_WILDCARDS:
        piece = _Piece(format_keyword(wild[MOST_WILDCARDS]), 0)
        raise piece.error(
            f"more than {MOST_WILDCARDS} wildcards in one profile", "write some of the words out"
        )
