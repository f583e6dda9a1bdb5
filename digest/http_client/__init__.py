"""One polite, bounded GET: total deadline, caps on bytes, proof of completeness, no cookies."""

from __future__ import annotations

import socket

import requests
from urllib3.exceptions import HTTPError

from digest.http_client.answers import Answer, Bounds, FetchError, same_place
from digest.http_client.bodies import body_of
from digest.http_client.connections import Adapter, deadline

__all__ = ["Answer", "Bounds", "Client", "FetchError", "same_place"]

MOST_SOCKETS = 8


class Client:
    """Fetches over kept-alive connections. Not shared between threads: each has its own."""

    def __init__(self, *, user_agent: str, bounds: Bounds | None = None, token: str = "") -> None:
        self._bounds = bounds or Bounds()
        self._sockets: list[socket.socket] = []
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers.clear()
        self._session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "gzip"})
        adapter = Adapter(self._sockets.append, self._bounds.deadline_seconds)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        self._session.close()
        self._forget_sockets()

    def _forget_sockets(self) -> None:
        while self._sockets:
            self._sockets.pop().close()

    def get(self, url: str, *, accept: str, etag: str = "") -> Answer:
        """Fetch ``url`` once, without following redirects.

        Raises ``FetchError`` for everything that is not a complete answer within the bounds.
        """
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        self._session.cookies.clear()
        if len(self._sockets) > MOST_SOCKETS:
            self._drop_connections()
        try:
            with deadline(self._bounds.deadline_seconds, self._sockets):
                return self._answer(url, headers)
        except (requests.RequestException, HTTPError, OSError) as error:
            self._drop_connections()
            raise FetchError(_said(error)) from error
        except ValueError as error:  # requests looks at where a redirect points even if it may not follow
            self._drop_connections()
            raise FetchError("the server redirects to what is no address", transient=False) from error
        except FetchError:
            self._drop_connections()
            raise

    def _drop_connections(self) -> None:
        """After a fault no connection is reused: what is left on it belongs to the failed answer."""
        for adapter in self._session.adapters.values():
            adapter.close()
        self._forget_sockets()

    def _answer(self, url: str, headers: dict[str, str]) -> Answer:
        bounds = self._bounds
        with self._session.get(
            url,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=(bounds.connect_seconds, bounds.deadline_seconds),
        ) as response:
            body = body_of(response, bounds)
            return Answer(url, response.status_code, response.headers, body)


def _said(error: Exception) -> str:
    """What went wrong in few words, without the address (a token may stand in one)."""
    text = f"{type(error).__name__}: {error}"
    for sign, words in (
        ("NameResolution", "the server's name cannot be resolved"),
        ("refused", "the connection was refused"),
        ("CERTIFICATE", "the server's certificate cannot be verified"),
        ("SSL", "no secure connection could be made"),
        ("timed out", "the server did not answer in time"),
        ("IncompleteRead", "the answer is cut short: fewer bytes than announced"),
        ("InvalidChunk", "the answer is cut short: its chunks are damaged"),
        ("reset", "the connection was reset"),
        ("Remote end closed", "the connection was closed without an answer"),
    ):
        if sign in text:
            return words
    return f"the connection failed ({type(error).__name__})"


class _Bearer(requests.auth.AuthBase):
    """Sends the token if there is one, and keeps requests from looking for a password in ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request
