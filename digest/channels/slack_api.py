"""Calls of Slack's Web API and of webhooks, each an answer or an outcome; never repeated by themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from digest.channels.slack_answers import NOT_INSTALLED, Answer, read_api, read_webhook
from digest.channels.slack_http import Limits, NoAnswer, NothingSent, post
from digest.channels.slack_pace import Pace
from digest.errors import TokenError
from digest.model import Deferred, Faulty, HandOver, Refused, Unknown
from digest.slack_address import Conversation, Webhook

Tokens = Callable[[str], str | None]
"""The bot token of a workspace's own installation, if it has one."""

NO_TEAM_TOKENS: Tokens = dict[str, str]().get

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
READING = frozenset(("conversations.history", "conversations.replies"))
"""Methods that read take forms, those that write take JSON."""


@dataclass(frozen=True, slots=True)
class Api:
    """The way to Slack. ``bot_token`` serves conversations that name no workspace of their own."""

    bot_token: str
    tokens: Tokens
    base_url: str
    pace: Pace
    limits: Limits

    def call(self, method: str, arguments: dict[str, Any], to: Conversation) -> Answer | HandOver:
        """Call a method. A wait that Slack asks for is remembered for its workspace and method."""
        closed = self.closed(to)
        if closed is not None:
            return closed
        own = self._own(to)
        token = own or self.bot_token
        kind, body = _encoded(method, arguments)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        try:
            reply = post(self.base_url.rstrip("/") + "/" + method, body, headers, limits=self.limits)
        except NothingSent as error:
            return Deferred(str(error), code="connect")
        except NoAnswer as error:
            return Unknown(str(error))
        answer = read_api(reply, installed=own is not None)
        if isinstance(answer, Deferred) and answer.retry_after:
            self.pace.hold(limit_key(to, method), answer.retry_after)
        return answer

    def closed(self, to: Conversation) -> HandOver | None:
        """Why nothing can be asked of this workspace, or ``None``. To be known before a gate is passed."""
        try:
            token = self._own(to) or self.bot_token
        except TokenError as error:
            return Faulty(str(error), code="sealed_token")
        return None if token else _no_token(to)

    def _own(self, to: Conversation) -> str | None:
        return self.tokens(to.team) if to.team else None

    def call_webhook(self, webhook: Webhook, arguments: dict[str, Any]) -> HandOver | None:
        """Post to a webhook; ``None`` is success."""
        body = json.dumps(arguments, ensure_ascii=False).encode()
        headers = {"Content-Type": JSON}
        try:
            reply = post(webhook.url, body, headers, limits=self.limits, public_only=not webhook.trusted)
        except NothingSent as error:
            return Deferred(str(error), code="connect")
        except NoAnswer as error:
            return Unknown(str(error))
        outcome = read_webhook(reply)
        if isinstance(outcome, Deferred) and outcome.retry_after:
            self.pace.hold(webhook.url, outcome.retry_after)
        return outcome


def _encoded(method: str, arguments: dict[str, Any]) -> tuple[str, bytes]:
    if method in READING:
        return FORM, urlencode(arguments).encode()
    return JSON, json.dumps(arguments, ensure_ascii=False).encode()


def limit_key(to: Conversation, method: str) -> str:
    return f"{to.team}:{method}"


def _no_token(to: Conversation) -> HandOver:
    if to.team:
        return Refused(NOT_INSTALLED, code="not_installed", suspend=True)
    return Faulty("slack.bot_token is not set", code="not_authed")
