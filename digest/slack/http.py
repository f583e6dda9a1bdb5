"""Slack's requests over HTTP: the events address and, for several workspaces, installing by OAuth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from slack_bolt import App, BoltRequest, BoltResponse

EVENTS = "/slack/events"
INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
LONGEST = 1_000_000
"""Bytes of a request; Slack's own are far smaller."""


def router(app: App, *, events: bool = True) -> APIRouter:
    """The routes to mount; without ``events``, which come by Socket Mode then, those to install by.

    Bolt verifies signature and age (five minutes) of every request to ``EVENTS``."""
    routes = APIRouter(include_in_schema=False)
    if events:
        routes.add_api_route(EVENTS, _events(app), methods=["POST"])
    flow = app.oauth_flow
    if flow is not None:
        for path, handle in ((INSTALL, flow.handle_installation), (REDIRECT, flow.handle_callback)):
            routes.add_api_route(path, _page(handle), methods=["GET"])
    return routes


def _events(app: App) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > LONGEST:
                return Response(status_code=413)
        asked = BoltRequest(body=body.decode("utf-8", "replace"), headers=_headers(request))
        return _answer(await run_in_threadpool(app.dispatch, asked))

    return answer


def _page(handle: Callable[[BoltRequest], BoltResponse]) -> Callable[[Request], Response]:
    def page(request: Request) -> Response:
        asked = BoltRequest(body="", query=str(request.url.query), headers=_headers(request))
        try:
            return _answer(handle(asked))
        except OSError:
            return Response("Slack could not be reached. Please try again.", status_code=502)

    return page


def _headers(request: Request) -> dict[str, str | Sequence[str]]:
    return dict(request.headers)


def _answer(found: BoltResponse) -> Response:
    response = Response(content=found.body, status_code=found.status)
    for name, values in found.headers.items():
        for value in values:
            response.headers.append(name, value)
    return response
