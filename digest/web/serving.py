"""Serving the site: one uvicorn server, run here or in a thread of another process."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from digest.config import WebSettings
from digest.errors import ConfigError

STOP_SECONDS = 10
"""How long requests that run may take when the server stops."""
START_SECONDS = 30
LARGEST_HEAD = 16 * 1024
REMEDIES = {
    errno.EADDRINUSE: "choose another port, or end what listens there",
    errno.EADDRNOTAVAIL: "this machine has no such address: 127.0.0.1 is for itself, 0.0.0.0 for all it has",
    errno.EACCES: "choose a port from 1024 on: those below are for root",
}


def bound(settings: WebSettings) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ``ConfigError`` naming the address."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise ConfigError(
            f"web.host and web.port: cannot listen on {settings.host}:{settings.port}: {error.strerror}",
            remedy=REMEDIES.get(error.errno or 0, "check web.host: the name or address of this machine"),
        ) from error


def server(app: ASGIApp) -> uvicorn.Server:
    """The server over an application: its own access log and forwarded headers are off, ours count."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        lifespan="off",
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        limit_concurrency=200,
    )
    return uvicorn.Server(config)


@contextmanager
def serving(app: ASGIApp, listening: socket.socket) -> Iterator[str]:
    """Serve in a thread until the block ends; yields the address. Requests that run are finished."""
    made = server(app)
    thread = threading.Thread(target=made.run, kwargs={"sockets": [listening]}, name="web", daemon=True)
    thread.start()
    host, port = listening.getsockname()[:2]
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        made.should_exit = True
        thread.join(STOP_SECONDS + START_SECONDS)
        listening.close()
