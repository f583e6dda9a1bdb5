"""Papers as BibTeX and RIS. Pure; escaping is the libraries' work."""

from __future__ import annotations

import re
from collections.abc import Sequence

import rispy
from bibtexparser.entrypoint import write_string
from bibtexparser.library import Library
from bibtexparser.middlewares import AddEnclosingMiddleware, LatexEncodingMiddleware
from bibtexparser.model import Entry, Field

from digest.channels import paper_lines
from digest.channels.paper_lines import paper_url
from digest.model import Paper
from digest.readable import clean, readable

BIBTEX = "application/x-bibtex; charset=utf-8"
RIS = "application/x-research-info-systems; charset=utf-8"
LONGEST = 20_000


def bibtex(papers: Sequence[Paper]) -> str:
    """One ``@misc`` entry per paper, keyed by first author, year and id."""
    entries = [Entry("misc", _key(paper), _fields(paper)) for paper in papers]
    stack = [LatexEncodingMiddleware(), AddEnclosingMiddleware(False, False, "{")]  # noqa: FBT003  its signature
    return write_string(Library([*entries]), unparse_stack=stack)


def _fields(paper: Paper) -> list[Field]:
    values = {
        "title": paper_lines.title(paper),
        "author": " and ".join(_names(paper)),
        "year": str(paper.published_at.year) if paper.published_at else "",
        "eprint": paper.id if _is_arxiv(paper) else "",
        "archiveprefix": "arXiv" if _is_arxiv(paper) else "",
    }
    fields = [Field(name, value) for name, value in values.items() if value]
    return [*fields, Field("howpublished", paper_url(paper.id))]


def _is_arxiv(paper: Paper) -> bool:
    return any(link.name == "arXiv" for link in paper_lines.paper_links(paper, None))


def _key(paper: Paper) -> str:
    surname = _names(paper)[0].split()[-1] if _names(paper) else "paper"
    year = paper.published_at.year if paper.published_at else ""
    return re.sub(r"[^A-Za-z0-9.:-]", "", f"{surname}{year}-{paper.id}") or "paper"


def _names(paper: Paper) -> list[str]:
    return [name for name in (_line(one) for one in paper.authors) if name]


def _line(text: str) -> str:
    return clean(text, 400)


def ris(papers: Sequence[Paper]) -> str:
    """One record per paper; each value in one line, since a line break would begin another field."""
    return str(rispy.dumps([_record(paper) for paper in papers]))


def _record(paper: Paper) -> dict[str, str | list[str]]:
    links = {link.name: link.url for link in paper_lines.paper_links(paper, None)}
    record: dict[str, str | list[str]] = {
        "type_of_reference": "GEN",
        "title": paper_lines.title(paper),
        "authors": _names(paper),
        "year": str(paper.published_at.year) if paper.published_at else "",
        "abstract": readable(paper.abstract)[:LONGEST],
        "urls": [links.get("arXiv", paper_url(paper.id))],
    }
    return {name: value for name, value in record.items() if value}
