"""Style, script and icon: our own, fingerprinted, kept by browsers for ever."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from digest.errors import NotFound
from digest.web.rendering import STATIC
from digest.web.safety import TOKEN_PATHS

routes = APIRouter(include_in_schema=False)

KINDS = {
    "site.css": "text/css; charset=utf-8",
    "site.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@routes.get("/assets/{name}")
def asset(name: str) -> Response:
    """One of the files there are."""
    if name not in KINDS:
        raise NotFound("there is no such file")
    return Response(
        (STATIC / name).read_bytes(),
        media_type=KINDS[name],
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


@routes.get("/robots.txt")
def robots() -> Response:
    """Day pages may be found by search engines; what carries a token may not."""
    closed = "".join(f"Disallow: /{part}/\n" for part in TOKEN_PATHS)
    return Response(f"User-agent: *\n{closed}", media_type="text/plain; charset=utf-8")
