"""A lost link: asked for by address, sent by mail to its owner alone."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from digest.account_wording import plural
from digest.errors import SubscriptionError, TokenError
from digest.model import ChannelName
from digest.subscriptions import Wishes, ask_for_link, check_address
from digest.web.desk import At, Client, Desk
from digest.web.fields import told
from digest.web.forms import ONCE_MORE, age_of, even_out, form_token

routes = APIRouter(include_in_schema=False)


@routes.get("/link")
def link_form(desk: At) -> HTMLResponse:
    """Where to ask for a fresh link to one's preferences."""
    return _form_page(desk)


@routes.post("/link")
def send_link(
    desk: At,
    client: Client,
    address: Annotated[str, Form()] = "",
    form: Annotated[str, Form()] = "",
    website: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Send a fresh link, if the address is subscribed; the answer does not tell."""
    started = time.monotonic()
    try:
        age_of(desk, form)
        checked = check_address(ChannelName.EMAIL, address)
    except TokenError:
        return _form_page(desk, address, note=ONCE_MORE)
    except SubscriptionError as error:
        return _form_page(desk, address, wrong=told(error))
    if not website:
        wishes = Wishes(ChannelName.EMAIL, checked, ())
        with desk.writing() as session:
            ask_for_link(session, wishes, keys=desk.keys, client=client, bounds=desk.bounds, now=desk.clock())
    even_out(desk, started)
    return desk.page(
        "message.html",
        heading="Look into your mailbox",
        paragraphs=[
            "If this address is subscribed, a mail with a link is on its way. It may take a few minutes.",
            f"We send {plural(desk.bounds.mails_per_day, 'such mail')} a day at most.",
        ],
        links=[],
    )


def _form_page(desk: Desk, address: str = "", *, note: str = "", wrong: str = "") -> HTMLResponse:
    return desk.page(
        "link.html",
        status=422 if wrong else 200,
        headers={"Cache-Control": "no-store"},
        token=form_token(desk),
        note=note,
        wrong=wrong,
        address=address,
    )
