"""What is said of a paper, whoever reads it, before any mark-up. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from digest.model import Paper
from digest.readable import clean, clip, readable, sentences

AUTHORS_NAMED = 3
MAX_TITLE = 250
MAX_NAME = 60

CODE_HOSTS = frozenset(
    {
        "github.com",
        "gitlab.com",
        "codeberg.org",
        "bitbucket.org",
        "huggingface.co",
        "gitee.com",
        "git.sr.ht",
        "sourceforge.net",
    }
)
"""Where code is linked to. Any other address from the source is not followed: it may be anything."""

_ARXIV = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z][a-z.-]{1,14}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Link:
    """A link with a name that means something by itself."""

    name: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The opening of a paper's text; ``origin`` names who wrote it if that was not the authors."""

    text: str
    origin: str = ""


def title(paper: Paper) -> str:
    """The title as one readable line; its id when there is none."""
    return _title(paper.title) or clean(paper.id, 64)


@lru_cache(maxsize=4096)
def _title(text: str) -> str:
    return clip(readable(text[:4_000]), MAX_TITLE)


def byline(paper: Paper) -> str:
    """``Ada Lovelace, Grace Hopper, Alan Turing and 12 more · NVIDIA``; either half may be missing."""
    names = [name for name in (clip(clean(one, 400), MAX_NAME) for one in paper.authors) if name]
    shown = names[:AUTHORS_NAMED]
    more = len(names) - len(shown)
    authors = ", ".join(shown) + (f" and {more} more" if more else "")
    found = paper.organisation
    organisation = clip(clean(found.title or found.name, 400), MAX_NAME) if found else ""
    return " · ".join(part for part in (authors, organisation) if part)


def excerpt(paper: Paper, count: int) -> Excerpt:
    """The abstract's first ``count`` sentences; without an abstract the source's summary, marked as such."""
    if count < 1:
        return Excerpt("")
    if paper.abstract.strip():
        return Excerpt(sentences(readable(paper.abstract[:6_000]), count))
    summary = sentences(readable(paper.short_summary[:6_000]), count)
    return Excerpt(summary, "AI summary by Hugging Face" if summary else "")


def paper_path(paper_id: str) -> str:
    """A paper's id as a piece of an address."""
    return quote(clean(paper_id, 64), safe="/.")


def paper_url(paper_id: str) -> str:
    """The paper's page at the source."""
    return f"https://huggingface.co/papers/{paper_path(paper_id)}"


def paper_links(paper: Paper, stars: int | None) -> tuple[Link, ...]:
    """Where else to go: abstract and PDF at arXiv when the id is one of arXiv's, code when known."""
    links = []
    if _ARXIV.fullmatch(paper.id):
        links += [
            Link("arXiv", f"https://arxiv.org/abs/{paper.id}"),
            Link("PDF", f"https://arxiv.org/pdf/{paper.id}"),
        ]
    code = safe_url(paper.code_url, CODE_HOSTS)
    if code:
        links.append(Link("Code", code, f"★ {stars:,}" if stars else ""))
    return tuple(links)


def safe_url(url: str, hosts: frozenset[str]) -> str:
    """``url`` if it is a plain http(s) address at one of ``hosts``, else nothing.

    A sign-in part, another port, blanks and controls are refused, not repaired.
    """
    if (
        not url
        or len(url) > 300
        or not url.isascii()
        or not url.isprintable()
        or re.search(r'[\s<>"\\^`{|}]', url)
    ):
        return ""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.port is None and "@" not in parts.netloc
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.")
    return url if plain and host in hosts else ""
