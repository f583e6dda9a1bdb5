"""More or less like this, from the links of a digest."""

from __future__ import annotations

from enum import StrEnum

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from digest import subscriptions
from digest.channels import paper_lines
from digest.errors import NotFound
from digest.model import FeedbackVerdict
from digest.store import papers
from digest.tokens import Purpose
from digest.web.desk import At, Desk
from digest.web.lab import material_of

routes = APIRouter(include_in_schema=False)


class Word(StrEnum):
    """What a link may do."""

    MORE = "more"
    LESS = "less"
    UNDO = "undo"


@routes.get("/f/{token}/{paper_id:path}/{word}")
def feedback_page(desk: At, token: str, paper_id: str, word: Word) -> HTMLResponse:
    """The paper and a button. Opening the page changes nothing."""
    desk.subject(Purpose.FEEDBACK, token)
    return desk.page(
        "feedback.html", done=False, word=word, title=_title(desk, paper_id), here_is=f"/f/{token}/{paper_id}"
    )


@routes.post("/f/{token}/{paper_id:path}/{word}")
def give_feedback(desk: At, token: str, paper_id: str, word: Word) -> HTMLResponse:
    """Record the word, or take it back."""
    who = desk.subject(Purpose.FEEDBACK, token)
    title = _title(desk, paper_id)
    verdict = None if word is Word.UNDO else FeedbackVerdict(word)
    corpus = material_of(desk).corpus
    subscriptions.judge(desk.engine, who, paper_id, verdict, corpus, desk.clock())
    return desk.page("feedback.html", done=True, word=word, title=title, here_is=f"/f/{token}/{paper_id}")


def _title(desk: Desk, paper_id: str) -> str:
    with desk.reading() as session:
        found = papers.load(session, [paper_id]).get(paper_id)
    if found is None:
        raise NotFound("there is no such paper in the store", remedy="use the links of a digest")
    return paper_lines.title(found)
