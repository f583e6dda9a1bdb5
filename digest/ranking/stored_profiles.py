"""Profiles that are stored already, read even where today's language refuses them.

The doors refuse, with a remedy (``language.py``). What came in through a door of another version must keep
nobody from a digest: neither its owner nor the others of a batch.
"""

from __future__ import annotations

import re
from contextlib import suppress

from digest.errors import ProfileError
from digest.model import Keyword
from digest.ranking.language import LONGEST_PROFILE, parse_profile

NOTHING = Keyword("nothing of this profile can be read", exact=True)
"""Stands for a profile of which nothing can be read. No keyword at all would ask for what is trending."""
_ENDS = re.compile(r"[,;\n]")


def read_stored(text: str) -> tuple[Keyword, ...]:
    """The keywords of a stored profile; what is refused today is left out, and the rest counts."""
    try:
        return parse_profile(text)
    except ProfileError:
        return _what_can_be_read(text)


def _what_can_be_read(text: str) -> tuple[Keyword, ...]:
    kept: list[str] = []
    for piece in _ENDS.split(text[:LONGEST_PROFILE]):
        with suppress(ProfileError):
            parse_profile(", ".join([*kept, piece]))
            kept.append(piece)
    return parse_profile(", ".join(kept)) or (NOTHING,)
