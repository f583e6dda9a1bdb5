"""A paper's own page, and ways to cite it."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.model import Listing, Observation, Paper
from digest.readable import clean
from digest.store import listings, observations
from digest.store import papers as store_papers
from digest.web.citations import BIBTEX, RIS, bibtex, ris
from digest.web.desk import At
from digest.web.views import curve, whole

routes = APIRouter(include_in_schema=False)


@routes.get("/paper/{paper_id:path}")
def paper(desk: At, paper_id: str) -> HTMLResponse:
    """Everything known of a paper: abstract, listings, votes over time."""
    with desk.reading() as session:
        found, listed, history = known(session, paper_id)
    return desk.page(
        "paper.html",
        one=whole(found, max((one.upvotes for one in listed), default=0)),
        authors=", ".join(clean(name, 200) for name in found.authors),
        organisation=clean(found.organisation.title or found.organisation.name, 200)
        if found.organisation
        else "",
        listings=listed,
        curve=curve(history),
    )


def known(session: Session, paper_id: str) -> tuple[Paper, list[Listing], list[Observation]]:
    """A paper with its listings and observations. Raises ``NotFound``."""
    found = store_papers.load(session, [paper_id]).get(paper_id)
    if found is None:
        raise NotFound("there is no such paper in the store", remedy="search for its title")
    history = observations.history(session, [paper_id])[paper_id]
    return found, listings.of_papers(session, [paper_id]), history


@routes.get("/bibtex/{paper_id:path}")
def paper_bibtex(desk: At, paper_id: str) -> Response:
    """A paper as a BibTeX entry."""
    return Response(bibtex([_load(desk, paper_id)]), media_type=BIBTEX)


@routes.get("/ris/{paper_id:path}")
def paper_ris(desk: At, paper_id: str) -> Response:
    """A paper as a RIS record."""
    return Response(ris([_load(desk, paper_id)]), media_type=RIS)


def _load(desk: At, paper_id: str) -> Paper:
    with desk.reading() as session:
        return known(session, paper_id)[0]
