"""What a lone word is worth as a proposal: hardly any of those that stand in abstracts alone is a subject."""

from __future__ import annotations

LONE_SHARE = 0.6
"""A lone word that stands in abstracts alone counts so much: such are *step*, *domains*, *current*. Acronyms
and what title or keywords name count in full."""
_NO_NOUN = ("ed", "ly")
"""Endings of lone words that are proposed only where title or keywords name them."""


def lone_share(word: str) -> float:
    """What a lone word counts that no title and no keyword names."""
    return 0.0 if word.endswith(_NO_NOUN) else LONE_SHARE
