"""What is said of a paper in one digest: why it is there and since when, before any mark-up. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from digest.account_wording import day_name, plural
from digest.channels.paper_lines import MAX_NAME
from digest.model import Entry, Mark, Paper
from digest.readable import clean, clip
from digest.wording import points, reason_groups

MAX_REASON = 400


def paper_of(papers: Mapping[str, Paper], entry: Entry) -> Paper:
    """An entry whose paper is gone from the store stays in its digest, under its id."""
    return papers.get(entry.paper_id) or Paper(entry.paper_id, "")


def best_entry(entries: tuple[Entry, ...]) -> Entry | None:
    """The entry with the highest score, the first of equals; ``None`` in an empty digest."""
    values = [entry.score.value for entry in entries]
    return entries[values.index(max(values))] if values else None


def mark_label(entry: Entry) -> tuple[str, str]:
    """``Late`` or ``Rising``, and the day it is from: ``from Thu 19 Nov``; nothing for what is simply new."""
    if entry.mark is Mark.NEW:
        return "", ""
    return entry.mark.value.capitalize(), f"from {day_name(entry.day)}"


def mark_word(entry: Entry) -> str:
    """``Late, from Thu 19 Nov`` or ``Rising, from Mon 16 Nov``; nothing for what is simply new."""
    return ", ".join(word for word in mark_label(entry) if word)


def figure(entry: Entry) -> str:
    """The score as a figure, ``6.1``."""
    return points(entry.score.value)


def score_word(entry: Entry) -> str:
    return f"{figure(entry)} points"


def why(entry: Entry) -> str:
    """The reasons with their points, and the other profiles the paper hit, in one line."""
    told = [clean(str(group), MAX_REASON) for group in reason_groups(entry.score)]
    return " · ".join([*told, *filter(None, [also(entry)])])


def also(entry: Entry) -> str:
    """``also in agents, vision``, or nothing."""
    if not entry.also_in:
        return ""
    return f"also in {', '.join(clip(clean(name, 200), MAX_NAME) for name in entry.also_in)}"


def votes(entry: Entry) -> str:
    return plural(entry.upvotes, "upvote")
