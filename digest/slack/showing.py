"""Papers and profiles as blocks, for answers and for the App Home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.account_wording import day_name
from digest.channels.slack_entry import MAX_REASON, MAX_TITLE, paper_url, title_link
from digest.channels.slack_text import Block, bold, clean, cut, link, section
from digest.model import Profile, Ranked, Ranking, Weight
from digest.store.search import Found
from digest.wording import learnt_weight, points, reason_line

MAX_PROFILE = 900


def profile_line(profile: Profile) -> str:
    """A profile's name, words, bar and limit; what people typed is escaped."""
    words = cut(clean(profile.text), MAX_PROFILE) if profile.keywords else "what is trending"
    told = f"bar {points(profile.bar or 0)}, at most {profile.limit}"
    return f"{bold(cut(clean(profile.name), 100))}: {words}\n_{told}_"


def weights_line(profile: Profile, most: int = 20) -> str:
    """What feedback taught, strongest first: ``robots +0.80, surveys −0.40``."""
    return cut(", ".join(map(learnt_word, strongest(profile, most))), MAX_PROFILE)


def strongest(profile: Profile, most: int) -> list[Weight]:
    """What feedback taught, strongest first."""
    return sorted(profile.weights, key=lambda weight: -abs(weight.weight))[:most]


def learnt_word(weight: Weight) -> str:
    """``robots +0.80``, as it is: not escaped."""
    return f"{clean(weight.term)} {learnt_weight(weight.weight)}"


def paper_lines(found: Iterable[Ranked]) -> list[Block]:
    """A section per paper: linked title, score and reasons."""
    return [section(_paper(one)) for one in found]


def _paper(one: Ranked) -> str:
    why = cut(clean(reason_line(one.score)), MAX_REASON)
    head = f"{bold(title_link(one.candidate.paper))} · {points(one.score.value)} · ▲ {one.candidate.upvotes}"
    return f"{head}\n{why}" if why else head


def found_line(found: Found) -> str:
    """A found paper: linked title, its newest day and its upvotes there."""
    day = f" · {day_name(found.day, year=True)} · ▲ {found.upvotes}" if found.day else ""
    return f"{bold(title_link(found.paper))}{day}"


def best_of(rankings: Sequence[Ranking]) -> list[Ranked]:
    """The chosen of all profiles, each paper once with its best score, best first."""
    best: dict[str, Ranked] = {}
    for one in (one for ranking in rankings for one in ranking.chosen):
        known = best.get(one.candidate.paper.id)
        if known is None or one.score.value > known.score.value:
            best[one.candidate.paper.id] = one
    return sorted(best.values(), key=lambda one: (-one.score.value, one.candidate.paper.id))


def named_paper(paper_id: str, title: str) -> str:
    return link(paper_url(paper_id), clean(title) or paper_id, MAX_TITLE)
