"""Hands digests over to Slack: each part once, in order, at Slack's pace; half a thread is completed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from digest.channels import Gate, NothingOpen
from digest.channels.slack_answers import CONTENT
from digest.channels.slack_api import Api, limit_key
from digest.channels.slack_pace import PATIENCE_SECONDS
from digest.channels.slack_parts import WEBHOOK, Body, Part, Posted, read_body, read_reference
from digest.errors import SubscriptionError
from digest.model import Deferred, Faulty, HandOver, Message, Refused, Sent, Unknown
from digest.slack_address import Conversation, Webhook, read_address

POST = "chat.postMessage"
LOOK_AFTER_SECONDS = 60.0
"""A post whose answer was lost may still be on its way into the history."""

Stamp = tuple[str, str]
"""Where a part stands: conversation and timestamp."""


@dataclass(frozen=True, slots=True)
class SlackSender(NothingOpen):
    """A way to Slack for many messages. Connections live for one post, so there is nothing to close."""

    api: Api
    webhook_hosts: tuple[str, ...]

    def hand_over(self, messages: Sequence[Message], gate: Gate) -> Iterator[tuple[int, HandOver]]:
        for message in messages:
            outcome = self._one(message, gate)
            if outcome is not None:
                yield message.delivery_id, outcome
            if isinstance(outcome, Faulty):
                return

    def _one(self, message: Message, gate: Gate) -> HandOver | None:
        """``None`` when the gate says that the message is no longer ours."""
        try:
            to = read_address(message.address, self.webhook_hosts)
        except SubscriptionError as error:
            return Refused(str(error), code="bad_address", suspend=True)
        closed = None if isinstance(to, Webhook) else self.api.closed(to)
        if closed is not None:
            return closed
        posted = read_reference(message.reference)
        wait = self.api.pace.left(_limit(to))
        if wait > PATIENCE_SECONDS:
            return Deferred("Slack asked to wait", "429", wait, counts=False, reference=posted.reference)
        self.api.pace.sleep(wait)
        self.api.pace.take(message.address)
        if message.delivery_id not in gate([message.delivery_id]):
            return None
        return self._rest(message, to, posted)

    def _rest(self, message: Message, to: Conversation | Webhook, posted: Posted) -> HandOver:
        """Post what is not posted yet."""
        body = read_body(message.body)
        warning = ""
        first = len(posted.stamps)
        for index in range(first, len(body.parts)):
            if index > first:
                self.api.pace.take(message.address)
            answer, told = self._part(message.address, to, body, index, posted)
            warning = warning or told
            if not isinstance(answer, tuple):
                return _stopped(answer, posted, to)
            posted = posted.plus(*answer)
        return Sent(posted.reference, warning)

    def _part(
        self, address: str, to: Conversation | Webhook, body: Body, index: int, posted: Posted
    ) -> tuple[Stamp | HandOver, str]:
        """Post one part; if Slack refuses its content, once more as plain text, with a warning."""
        part = body.parts[index]
        answer = self._patiently(lambda: self._post(to, body, index, posted, part))
        if not (isinstance(answer, Refused) and answer.code in CONTENT):
            return answer, ""
        self.api.pace.take(address)
        bare = Part(part.plain, part.plain, ())
        second = self._patiently(lambda: self._post(to, body, index, posted, bare))
        return second, f"Slack refused the blocks ({answer.code}); sent as plain text"

    def _patiently(self, attempt: Callable[[], Stamp | HandOver]) -> Stamp | HandOver:
        """A short wait that Slack asks for is waited for, once; a long one defers the delivery."""
        answer = attempt()
        if not (isinstance(answer, Deferred) and answer.retry_after):
            return answer
        if answer.retry_after > PATIENCE_SECONDS:
            return answer
        self.api.pace.sleep(answer.retry_after)
        return attempt()

    def _post(
        self, to: Conversation | Webhook, body: Body, index: int, posted: Posted, part: Part
    ) -> Stamp | HandOver:
        content = {"text": part.text, "unfurl_links": False, "unfurl_media": False}
        content |= {"blocks": part.blocks} if part.blocks else {}
        if isinstance(to, Webhook):
            return self.api.call_webhook(to, content) or (WEBHOOK, str(index))
        content |= {"channel": posted.channel or to.id, "parse": "none", "link_names": False}
        content |= {"metadata": body.metadata(index)}
        content |= {"thread_ts": posted.stamps[0]} if posted.stamps else {}
        answer = self.api.call(POST, content, to)
        if not isinstance(answer, dict):
            return answer
        channel, stamp = answer.get("channel"), answer.get("ts")
        if isinstance(channel, str) and isinstance(stamp, str) and channel and stamp:
            return channel, stamp
        return Unknown("Slack says ok without saying where")


def _limit(to: Conversation | Webhook) -> str:
    return to.url if isinstance(to, Webhook) else limit_key(to, POST)


def _stopped(answer: HandOver, posted: Posted, to: Conversation | Webhook) -> HandOver:
    """The outcome with how far the message came."""
    if isinstance(answer, Unknown):
        look = None if isinstance(to, Webhook) else LOOK_AFTER_SECONDS
        return replace(answer, reference=posted.reference, look_after=look)
    if isinstance(answer, Deferred | Faulty):
        return replace(answer, reference=posted.reference)
    return answer
