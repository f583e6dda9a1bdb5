"""What is shown when something is wrong: a page for people, JSON below ``/api``; never internals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from digest.account_wording import sentence
from digest.errors import (
    DigestError,
    Inactive,
    NoSubscriber,
    NotFound,
    ProfileError,
    StoreBusy,
    StoreError,
    SubscriptionError,
    TokenError,
    TooMany,
)
from digest.model import SubscriberState
from digest.store.search_words import QueryError
from digest.web.desk import Desk
from digest.web.origins import ForeignForm
from digest.web.safety import masked
from digest.web.unstorable import Unstorable

BUSY_SECONDS = 5
STATUSES: tuple[tuple[type[DigestError], int], ...] = (
    (NotFound, 404),
    (TokenError, 403),
    (ForeignForm, 403),
    (Unstorable, 422),
    (TooMany, 429),
    (StoreBusy, 503),
    (StoreError, 503),
    (ProfileError, 422),
    (Inactive, 409),
    (SubscriptionError, 422),
    (QueryError, 422),
)
HEADINGS = {
    400: "That cannot be read",
    403: "This does not work",
    404: "Nothing here",
    405: "That does not work here",
    409: "That does not work now",
    413: "That is too much",
    422: "Something is not right",
    429: "Slowly, please",
    500: "Something broke",
    503: "One moment, please",
}

TEXTS = {
    400: "what was sent cannot be read",
    404: "there is no such page",
    405: "this address does not take that",
}

HOME = (("/", "To the papers"),)
FRESH_LINK = (("/link", "Send me a fresh link"),)
SUBSCRIBE = (("/subscribe", "Subscribe"),)
AGAIN = (("/subscribe", "Subscribe again"),)
ERASED = "nothing is held about you here any more"
INACTIVE: dict[str, str] = {
    SubscriberState.UNSUBSCRIBED: "you have left: no more digests come to you",
    SubscriberState.UNCONFIRMED: "you have not confirmed yet: the mail you were sent has the link",
    SubscriberState.SUSPENDED: "nothing is sent to you at present: what was sent could not be delivered",
}
"""The words of errors about subscribers are for operators: their readers are told so."""


def install(app: FastAPI, desk: Desk) -> None:
    """Answer every error there is."""

    def known(request: Request, error: Exception) -> Response:
        return _known(desk, request, error)

    def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return _answer(desk, request, status, TEXTS.get(status, ""), "")

    def invalid(request: Request, error: Exception) -> Response:
        return _invalid(desk, request, error)

    def broken(request: Request, error: Exception) -> Response:
        structlog.get_logger().error("page failed", path=masked(request.url.path), error=type(error).__name__)
        return _answer(desk, request, 500, "It is not your fault, and it is noted.", "")

    app.add_exception_handler(DigestError, known)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, broken)


def _known(desk: Desk, request: Request, error: Exception) -> Response:
    if not isinstance(error, DigestError):
        return _answer(desk, request, 500, "", "")
    status = next((code for kind, code in STATUSES if isinstance(error, kind)), 500)
    if status >= 500:
        structlog.get_logger().warning("page failed", path=masked(request.url.path), error=str(error))
        return _answer(desk, request, status, "We are busy. Please try again in a moment.", "", BUSY_SECONDS)
    if isinstance(error, NoSubscriber):
        return _answer(desk, request, status, ERASED, "", links=SUBSCRIBE)
    if isinstance(error, Inactive):
        return _answer(desk, request, status, INACTIVE.get(error.state, ""), "", links=SUBSCRIBE)
    if isinstance(error, TokenError):
        unconfirmed = _path(request).startswith("/confirm/")  # such an address is sent no link
        return _answer(
            desk, request, status, str(error), error.remedy, links=AGAIN if unconfirmed else FRESH_LINK
        )
    wait = error.retry_after if isinstance(error, TooMany) else 0
    return _answer(desk, request, status, str(error), error.remedy, wait)


def _invalid(desk: Desk, request: Request, error: Exception) -> Response:
    """A wrong path names nothing: 404; a wrong parameter is named."""
    found: list[Any] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    if _wants_json(request):
        named = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found)
        return _answer(desk, request, 422, named, "see /api/openapi.json")
    if any(one["loc"][:1] == ("path",) for one in found):
        return _answer(desk, request, 404, "there is no such page", "see whether the address is complete")
    return _answer(desk, request, 422, "a field of the form is missing or wrong", "go back and try again")


def _wants_json(request: Request) -> bool:
    return _path(request).startswith("/api/")


def _path(request: Request) -> str:
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return path


def _answer(
    desk: Desk,
    request: Request,
    status: int,
    text: str,
    remedy: str,
    wait: int = 0,
    links: Sequence[tuple[str, str]] = (),
) -> Response:
    headers = {"Retry-After": str(wait)} if wait else {}
    if _wants_json(request):
        said = {"error": text or HEADINGS.get(status, "error"), "remedy": remedy}
        return JSONResponse(said, status, headers=headers)
    paragraphs = [sentence(part) for part in (text, remedy) if part]
    return desk.page(
        "message.html",
        status=status,
        headers=headers,
        heading=HEADINGS.get(status, "Something is not right"),
        paragraphs=paragraphs,
        links=links or HOME,
    )
