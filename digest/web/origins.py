"""Where a form comes from: a browser that says "from another site" is refused.

No cookie is set and what may be changed is named by a token, so that another site has nothing to ride on;
this is the second lock. What says nothing (mail programs, scripts, old browsers) passes: a one-click
unsubscribing (RFC 8058) is no form of ours and is never looked at here.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from digest.errors import DigestError

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"same-origin", "none"})
ONE_CLICK = "/u/"


class ForeignForm(DigestError):
    """A form that was sent from another site's page."""


async def refuse_foreign(request: Request) -> None:
    """Raise ``ForeignForm`` for a form from elsewhere. ``Sec-Fetch-Site`` decides where a browser sends it.

    ``Origin`` is looked at without it; ``null`` tells nothing there, since our own pages send no referrer.
    """
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    if request.method in SAFE or path.startswith(ONE_CLICK):
        return
    site = request.headers.get("sec-fetch-site")
    if (site in OURS) if site is not None else _from_here(request):
        return
    raise ForeignForm("this form was sent from another site", remedy="open it here and press its button")


def _from_here(request: Request) -> bool:
    """By ``Origin``: the address of the site as configured, or as the browser asked for it."""
    origin = request.headers.get("origin", "null")
    base: str = request.app.state.desk.base_url
    here = {urlsplit(base).netloc, request.headers.get("host", "")}
    return origin == "null" or urlsplit(origin).netloc in here
