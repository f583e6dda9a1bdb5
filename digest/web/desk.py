"""What every page needs: the house, the clock, the templates. Built once by ``create_app``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.house import House
from digest.pipeline.shelf import Shelf
from digest.store.database import hasty, reading, transaction
from digest.subscriptions import Bounds
from digest.tokens import Keys, Purpose, sign, verify
from digest.web.counted import Counted
from digest.web.proxies import Proxies
from digest.web.rendering import environment

LONGEST_WAIT = timedelta(seconds=4)
"""For a lock of the store: whoever looks at an empty page is told to try again before they give up."""
LONGEST_TRIAL_WAIT = 5.0
"""Seconds for a turn to try a profile: trials cost more than any page, and threads are few."""


@dataclass(frozen=True)
class Desk:
    """The house with what the web adds. ``answer_seconds`` is how long a sign-up takes at least,
    ``longest_wait`` how long a page waits for a lock at most.
    """

    house: House
    clock: Callable[[], datetime]
    bounds: Bounds
    proxies: Proxies
    answer_seconds: float
    longest_wait: timedelta = LONGEST_WAIT
    shelf: Shelf = field(default_factory=lambda: Shelf(patience=LONGEST_TRIAL_WAIT))
    counted: Counted = field(default_factory=Counted)
    templates: Environment = field(default_factory=environment)

    @property
    def engine(self) -> Engine:
        """The store, for people who wait."""
        return hasty(self.house.engine, self.longest_wait)

    @property
    def keys(self) -> Keys:
        """The keys of links."""
        return self.house.keys

    @property
    def base_url(self) -> str:
        """The configured address of this site, without a slash at the end: all absolute links start so."""
        return self.house.settings.web.base_url.rstrip("/")

    @property
    def root(self) -> str:
        """The path the site lies under at its proxy; links in pages start with it."""
        return urlsplit(self.base_url).path.rstrip("/")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only transaction."""
        with reading(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A writing transaction."""
        with transaction(self.engine) as session:
            yield session

    def subject(self, purpose: Purpose, token: str) -> int:
        """The number a link's token names. Raises ``TokenError``."""
        return int(verify(self.keys, purpose, token, self.clock()))

    def token(self, purpose: Purpose, number: int) -> str:
        """A fresh token naming a number."""
        return sign(self.keys, purpose, str(number), self.clock())

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Render a page."""
        shown = self.templates.get_template(f"web/{template}").render(
            root=self.root, base_url=self.base_url, slack=self.house.settings.slack.enabled, **values
        )
        return HTMLResponse(shown, status, headers=dict(headers or {}))


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


At = Annotated[Desk, Depends(_desk)]


def _client(request: Request, desk: At) -> str:
    peer = request.client.host if request.client else ""
    return desk.proxies.client(peer, request.headers.getlist("x-forwarded-for"))


Client = Annotated[str, Depends(_client)]
"""The asking host's address; what proxies say counts only when they are configured."""
