"""One paper in Slack: title, facts, the start of the abstract, the reasons, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from digest.channels import entry_lines, paper_lines
from digest.channels.slack_text import (
    MAX_SECTION,
    Block,
    actions,
    bold,
    button,
    clean,
    context,
    cut,
    link,
    section,
)
from digest.model import Entry, Links, Paper
from digest.wording import points, reason_line

PAPER_URL = "https://huggingface.co/papers/"
MAX_TITLE = 300
MAX_ABSTRACT = 1200
MAX_REASON = 1000
MAX_PLAIN = 420

MORE, LESS, SAVE, WHY = "digest_more", "digest_less", "digest_save", "digest_why"
"""The action ids of an entry's buttons; their value is ``DIGEST/PAPER``."""


@dataclass(frozen=True, slots=True)
class Style:
    """How entries are shown. ``buttons``: presses reach the app; without it links do the same."""

    buttons: bool
    sentences: int


def entry_blocks(entry: Entry, paper: Paper, links: Links, digest_id: int, style: Style) -> list[Block]:
    told = [bold(title_link(paper)), facts(entry, paper)]
    abstract = opening(paper, style.sentences)
    body = section("\n".join([*told, cut(abstract, MAX_ABSTRACT)] if abstract else told))
    why = context(f"*{points(entry.score.value)}* · {cut(clean(reason_line(entry.score)), MAX_REASON)}")
    doing = _buttons(paper.id, digest_id) if style.buttons else _doing_links(paper.id, links)
    return [body, why, doing]


def plain_entry(entry: Entry, paper: Paper) -> str:
    """The entry in one or two lines of mrkdwn, for a message without blocks."""
    line = f"• {title_link(paper)} ({points(entry.score.value)})"
    why = cut(clean(reason_line(entry.score)), MAX_PLAIN)
    return f"{line}\n    {why}" if why else line


def paper_url(paper_id: str) -> str:
    return PAPER_URL + quote(paper_id, safe="/.")


def title_link(paper: Paper) -> str:
    """The title made readable, leading to the paper's page."""
    return link(paper_url(paper.id), clean(paper_lines.title(paper)), MAX_TITLE + len(paper_url(paper.id)))


def facts(entry: Entry, paper: Paper) -> str:
    """Votes, code, organisation, authors and why it comes now, in one line."""
    told = [
        f"▲ {entry.upvotes}",
        f"★ {entry.code_stars}" if entry.code_stars else "",
        clean(paper.organisation.title) if paper.organisation else "",
        _authors(paper.authors),
        entry_lines.mark_word(entry),
        f"also in {', '.join(entry.also_in)}" if entry.also_in else "",
    ]
    return cut(clean(" · ".join(piece for piece in told if piece)), MAX_SECTION // 6)


def _authors(authors: tuple[str, ...]) -> str:
    if len(authors) > 3:
        return f"{authors[0]}, {authors[1]} and {len(authors) - 2} more"
    return ", ".join(authors)


def opening(paper: Paper, sentences: int) -> str:
    """The first sentences of the abstract, or of the source's short summary, marked, where there is none."""
    found = paper_lines.excerpt(paper, sentences)
    return clean(f"{found.text} ({found.origin})" if found.origin else found.text)


def _buttons(paper_id: str, digest_id: int) -> Block:
    value = f"{digest_id}/{paper_id}"
    return actions(
        f"entry/{value}",
        button("More like this", MORE, value),
        button("Less", LESS, value),
        button("Save", SAVE, value),
        button("Why these?", WHY, value),
    )


def _doing_links(paper_id: str, links: Links) -> Block:
    stem = f"{links.feedback}/{quote(paper_id, safe='.')}"
    told = [
        link(f"{stem}/more", "More like this"),
        link(f"{stem}/less", "Less"),
        link(links.digest_page, "Why these?"),
    ]
    return context(" · ".join(told))
