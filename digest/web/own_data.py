"""One's own data: a copy of all that is held, and erasing it."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from digest import subscriptions
from digest.model import Subscriber
from digest.tokens import Purpose
from digest.web.desk import At
from digest.web.preferences_page import subscriber_of

routes = APIRouter(include_in_schema=False, prefix="/p/{token}")


@routes.get("/export.json")
def export(desk: At, token: str) -> Response:
    """Everything held on this person, as a file."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.reading() as session:
        found = subscriptions.export(session, who)
    body = json.dumps(found, default=str, ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": 'attachment; filename="digest-export.json"'}
    return Response(body, media_type="application/json", headers=headers)


@routes.get("/erase")
def erase_page(desk: At, token: str) -> HTMLResponse:
    """What erasing means, and the button."""
    one = subscriber_of(desk, token)
    return desk.page("erase.html", me=f"/p/{token}", address=shown(one))


@routes.post("/erase")
def erase(desk: At, token: str, never_again: Annotated[str, Form()] = "") -> HTMLResponse:
    """Remove everything held on this person."""
    who = desk.subject(Purpose.PREFERENCES, token)
    with desk.writing() as session:
        subscriptions.erase(session, who, desk.keys, desk.clock(), never_again=bool(never_again))
    return desk.page(
        "message.html",
        heading="Everything is erased",
        paragraphs=[
            "Nothing about you is held here any more. Backups of the store lose it as they expire.",
            *(
                ["A fingerprint of the address stays, so that nobody signs it up again."]
                if never_again
                else []
            ),
        ],
        links=[("/", "To the papers")],
    )


def shown(one: Subscriber) -> str:
    """The address as its owner may see it; a webhook by its end only."""
    return one.address if "://" not in one.address else f"webhook …{one.address[-4:]}"
