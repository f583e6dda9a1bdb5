"""The web: subscribe, tune, leave; the day pages, search, feeds and a small API.

Pages are rendered here and work without JavaScript. No cookie is ever set: what a person may change
is named by the signed token in the path, so there is nothing another site could ride on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import APIRouter, Depends, FastAPI

from digest import __version__
from digest.clock import utc_now
from digest.house import House
from digest.subscriptions import Bounds
from digest.web import (
    api,
    assets,
    confirming,
    days,
    digests,
    failing,
    feedback,
    feeds,
    health,
    leaving,
    lost_link,
    metrics,
    own_data,
    own_profiles,
    papers,
    preferences,
    searching,
    subscribing,
)
from digest.web.desk import LONGEST_WAIT, Desk
from digest.web.origins import refuse_foreign
from digest.web.proxies import Proxies
from digest.web.safety import Guard
from digest.web.unstorable import refuse_unstorable

ANSWER_SECONDS = 0.4
"""How long a sign-up takes at least, whatever the address: longer than any of its ways through the store."""


def create_app(
    house: House,
    *,
    clock: Callable[[], datetime] = utc_now,
    answer_seconds: float = ANSWER_SECONDS,
    longest_wait: timedelta = LONGEST_WAIT,
    slack: APIRouter | None = None,
) -> Guard:
    """The web application over an opened house, as ASGI; with the routes ``slack``, Slack may call it too.

    Raises ``ConfigError`` when there is no secret key or a proxy's address is wrong: it does not
    start half.
    """
    settings = house.settings.web
    desk = Desk(
        house=house,
        clock=clock,
        bounds=Bounds(total_hour=settings.sign_ups_per_hour),
        proxies=Proxies.of(settings.trusted_proxies),
        answer_seconds=answer_seconds,
        longest_wait=longest_wait,
    )
    desk.keys  # noqa: B018  refuses to start without one
    app = FastAPI(
        title="Daily Papers digest",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        dependencies=[Depends(refuse_foreign), Depends(refuse_unstorable)],
    )
    app.state.desk = desk
    for part in (
        days.routes,
        searching.routes,
        papers.routes,
        subscribing.routes,
        confirming.routes,
        lost_link.routes,
        preferences.routes,
        own_profiles.routes,
        own_data.routes,
        preferences.pausing,
        leaving.routes,
        feedback.routes,
        digests.routes,
        feeds.routes,
        api.routes,
        api.about,
        health.routes,
        metrics.routes,
        assets.routes,
    ):
        app.include_router(part)
    if slack is not None:
        app.include_router(slack)
    failing.install(app, desk)
    return Guard(app, https=desk.base_url.startswith("https://"), root=desk.root)
