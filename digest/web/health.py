"""Is it alive, is it ready; and what a collector of metrics may read."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from digest.bootstrap import thresholds
from digest.errors import DigestError
from digest.pipeline.health import look
from digest.store.database import check_schema
from digest.web.desk import At, Desk

routes = APIRouter(include_in_schema=False)


@routes.get("/healthz")
def alive() -> PlainTextResponse:
    """The process answers. Touches neither network nor store."""
    return PlainTextResponse("ok\n")


@routes.get("/readyz")
def ready(desk: At) -> Response:
    """Whether this process can do its work: store within reach, schema up to date, source read lately."""
    wrong = _problems(desk)
    status = 503 if wrong else 200
    return JSONResponse({"ready": not wrong, "problems": wrong}, status)


def _problems(desk: Desk) -> list[str]:
    house = desk.house
    try:
        check_schema(house.engine)
        return [str(one) for one in look(house.engine, thresholds(house.settings), now=desk.clock())]
    except DigestError as error:
        return [str(error)]
