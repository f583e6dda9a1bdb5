"""A digest as it was, by its secret link; with its papers as BibTeX and RIS."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from digest.account_wording import account_line, day_name, summary_line
from digest.channels import digest_lines
from digest.errors import NotFound
from digest.model import Digest, Paper
from digest.store import digests, papers
from digest.tokens import Purpose
from digest.web.citations import BIBTEX, RIS, bibtex, ris
from digest.web.desk import At, Desk
from digest.web.views import entry_view

routes = APIRouter(include_in_schema=False, prefix="/d/{token}")


@routes.get("")
def digest_page(desk: At, token: str) -> HTMLResponse:
    """The digest with its reasons and its account."""
    found, read = _load(desk, token)
    return desk.page(
        "digest.html",
        heading=day_name(found.slot, year=True),
        summary=summary_line(found),
        intro=digest_lines.intro(found),
        empty="" if found.entries else digest_lines.empty_line(found),
        sections=[
            (
                digest_lines.profile_name(section),
                [entry_view(entry, read[entry.paper_id]) for entry in section.entries],
            )
            for section in found.sections
        ],
        misses=found.account.near_misses if not found.entries else (),
        account=account_line(found.account, found.timezone),
        me=f"/d/{token}",
    )


@routes.get("/bibtex")
def digest_bibtex(desk: At, token: str) -> Response:
    """The digest's papers as BibTeX."""
    return Response(bibtex(_papers(desk, token)), media_type=BIBTEX)


@routes.get("/ris")
def digest_ris(desk: At, token: str) -> Response:
    """The digest's papers as RIS."""
    return Response(ris(_papers(desk, token)), media_type=RIS)


def _papers(desk: Desk, token: str) -> list[Paper]:
    found, read = _load(desk, token)
    return [read[entry.paper_id] for entry in found.entries]


def _load(desk: Desk, token: str) -> tuple[Digest, dict[str, Paper]]:
    """The digest with its papers as they read then."""
    number = desk.subject(Purpose.DIGEST, token)
    with desk.reading() as session:
        found = digests.load(session, [number]).get(number)
        if found is None:
            raise NotFound("this digest is not kept any more", remedy="newer ones are in your preferences")
        wanted = {(entry.paper_id, entry.revision) for entry in found.entries}
        read = papers.at_revision(session, wanted)
    return found, {paper_id: paper for (paper_id, _), paper in read.items()}
