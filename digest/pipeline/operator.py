"""Reaches the operator: by mail, by a Slack webhook, and by the ping that stops when we do."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import requests
import structlog

from digest.channels import Sender, letters
from digest.channels.sender_identity import identity
from digest.config import EmailSettings, OperatorSettings
from digest.errors import DigestError
from digest.model import Alarm, Message, Sent

SECONDS = 10.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is told, and how. Without any way the log is all there is, and that counts as told."""

    settings: OperatorSettings
    mail: EmailSettings
    open_sender: Callable[[], Sender]
    clock: Callable[[], datetime]

    def tell(self, raised: Sequence[Alarm], cleared: Sequence[Alarm]) -> bool:
        """Tell by every configured way; whether one of them worked, or none is configured."""
        ways: list[bool] = []
        if self.settings.email:
            ways.append(self._by_mail(raised, cleared))
        if self.settings.slack_webhook:
            ways.append(self._by_slack(raised, cleared))
        return any(ways) or not ways

    def ping(self) -> None:
        """Tell the dead man's switch that we live. Its troubles are its own."""
        if self.settings.ping_url:
            _reached(
                "ping",
                lambda url: requests.get(url, timeout=SECONDS),
                self.settings.ping_url.get_secret_value(),
            )

    def _by_mail(self, raised: Sequence[Alarm], cleared: Sequence[Alarm]) -> bool:
        message_id = f"<alarm.{uuid.uuid4().hex}@{identity(self.mail).address.rpartition('@')[2]}>"
        try:
            letter = letters.alarms(raised, cleared)
            body = letters.write(
                letter, self.mail, to=self.settings.email, message_id=message_id, date=self.clock()
            )
        except DigestError as error:
            log.warning("operator.unreached", way="mail", reason=str(error))
            return False
        message = Message(0, self.settings.email, body, message_id)
        with self.open_sender() as sender:
            outcomes = [outcome for _, outcome in sender.hand_over([message], lambda ids: ids)]
        if any(isinstance(outcome, Sent) for outcome in outcomes):
            return True
        log.warning("operator.unreached", way="mail")
        return False

    def _by_slack(self, raised: Sequence[Alarm], cleared: Sequence[Alarm]) -> bool:
        lines = [f"Alarm: {one.detail}" for one in raised] + [f"All clear: {one.detail}" for one in cleared]
        text = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")[:3000]
        assert self.settings.slack_webhook is not None  # noqa: S101  asked by the caller
        return _reached(
            "slack",
            lambda url: requests.post(url, json={"text": text}, timeout=SECONDS, allow_redirects=False),
            self.settings.slack_webhook.get_secret_value(),
        )


def _reached(way: str, ask: Callable[[str], requests.Response], url: str) -> bool:
    """Whether the counterpart said yes. The address is a secret and is in no log."""
    try:
        answer = ask(url)
    except requests.RequestException as error:
        log.warning("operator.unreached", way=way, reason=type(error).__name__)
        return False
    if not answer.ok:
        log.warning("operator.unreached", way=way, reason=str(answer.status_code))
    return answer.ok
