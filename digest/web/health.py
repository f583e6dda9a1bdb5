"""Is it alive, is it ready."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from digest.bootstrap import thresholds
from digest.errors import DigestError
from digest.pipeline.health import look
from digest.store.revisions import check_schema
from digest.web.desk import At

routes = APIRouter(include_in_schema=False)

STOPS = frozenset({"source.stale", "slots.overdue"})
"""The problems that another process might not have; a held delivery is nothing a load balancer can mend."""


@routes.get("/healthz")
def alive() -> PlainTextResponse:
    """The process answers. Touches neither network nor store."""
    return PlainTextResponse("ok\n")


@routes.get("/readyz")
def ready(desk: At) -> Response:
    """Whether this process can do its work: store within reach, schema up to date, source read lately,
    slots planned in time. What else is wrong is listed, and takes no site away from its readers.
    """
    try:
        check_schema(desk.engine)
        found = look(desk.engine, thresholds(desk.house.settings), now=desk.clock())
    except DigestError as error:
        return _answer([str(error)], [])
    stops = [str(one) for one in found if one.key in STOPS]
    return _answer(stops, [str(one) for one in found if one.key not in STOPS])


def _answer(stops: list[str], problems: list[str]) -> Response:
    told = {"ready": not stops, "because": stops, "problems": problems}
    return JSONResponse(told, 503 if stops else 200)
