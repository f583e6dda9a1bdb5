"""Looks in a conversation's history for what an unanswered hand-over left there, by our metadata key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from digest.channels.slack_answers import GONE
from digest.channels.slack_api import Api, limit_key
from digest.channels.slack_pace import PATIENCE_SECONDS
from digest.channels.slack_parts import EVENT_TYPE, Body, Posted, read_body, read_reference
from digest.model import Deferred, Faulty, HandOver, Message, Refused, Sent, Unknown
from digest.slack_address import Conversation

CLOCK_TOLERANCE_SECONDS = 600
PAGE = 200
MAX_PAGES = 50
LOOK_AGAIN_SECONDS = 300.0


class CannotLook(Exception):
    """The history could not be read to its end; ``outcome`` says what that means."""

    def __init__(self, outcome: Unknown | Refused) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


def find(api: Api, message: Message, to: Conversation) -> HandOver | None:
    """``Sent`` when all parts are there, ``Deferred`` with a reference when some are, ``None`` for none.

    ``Unknown`` when it cannot be told: nothing may be repeated then.
    """
    body = read_body(message.body)
    try:
        posted = _posted(api, body, read_reference(message.reference), to)
    except CannotLook as error:
        return error.outcome
    if not posted.stamps:
        return None
    if len(posted.stamps) >= len(body.parts):
        return Sent(posted.reference)
    return Deferred("half of the thread is posted", code="partial", counts=False, reference=posted.reference)


def _posted(api: Api, body: Body, known: Posted, to: Conversation) -> Posted:
    """The unbroken run of parts that stand in the history, parent first."""
    channel = known.channel or _channel(api, to)
    parent = known.stamps[0] if known.stamps else _parent(api, body, channel, to)
    if parent is None:
        return Posted()
    thread = {"channel": channel, "ts": parent}
    found = {part: stamp for part, stamp in _ours(api, "conversations.replies", thread, body, to) if part}
    stamps = list(known.stamps) or [parent]
    while len(stamps) in found:
        stamps.append(found[len(stamps)])
    return Posted(channel, tuple(stamps))


def _channel(api: Api, to: Conversation) -> str:
    """The conversation's own id: a person's direct messages have one that must be asked for."""
    if not to.person:
        return to.id
    answer = _ask(api, "conversations.open", {"users": to.id}, to)
    opened = answer.get("channel")
    found = opened.get("id") if isinstance(opened, dict) else None
    if not isinstance(found, str):
        raise CannotLook(Unknown("Slack does not say which conversation", look_after=LOOK_AGAIN_SECONDS))
    return found


def _parent(api: Api, body: Body, channel: str, to: Conversation) -> str | None:
    since = {"channel": channel, "oldest": str(body.date - CLOCK_TOLERANCE_SECONDS)}
    stamps = [stamp for part, stamp in _ours(api, "conversations.history", since, body, to) if part == 0]
    return min(stamps, key=float, default=None)


def _ours(
    api: Api, method: str, where: dict[str, str], body: Body, to: Conversation
) -> Iterator[tuple[int, str]]:
    """Number and timestamp of each message that carries our key, over all pages."""
    cursor = ""
    for _ in range(MAX_PAGES):
        page = {"limit": PAGE, "include_all_metadata": "true"} | ({"cursor": cursor} if cursor else {})
        answer = _ask(api, method, where | page, to)
        for found in _messages(answer):
            part = _part_of(found, body.key)
            if part is not None:
                yield part, str(found.get("ts", ""))
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return
    raise CannotLook(Unknown("the history is too long to look through"))


def _messages(answer: dict[str, Any]) -> list[dict[str, Any]]:
    messages = answer.get("messages")
    if not isinstance(messages, list):
        raise CannotLook(Unknown("Slack's history cannot be read", look_after=LOOK_AGAIN_SECONDS))
    return [message for message in messages if isinstance(message, dict)]


def _part_of(message: dict[str, Any], key: str) -> int | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    if not isinstance(payload, dict) or payload.get("key") != key:
        return None
    part = payload.get("part")
    return part if isinstance(part, int) else None


def _ask(api: Api, method: str, arguments: dict[str, Any], to: Conversation) -> dict[str, Any]:
    """The answer of a reading method. Whatever else comes: nothing was found out, so nothing is repeated."""
    wait = api.pace.left(limit_key(to, method))
    if wait > PATIENCE_SECONDS:
        raise CannotLook(Unknown("Slack asked to wait", look_after=wait))
    api.pace.sleep(wait)
    answer = api.call(method, arguments, to)
    if isinstance(answer, dict):
        return answer
    raise CannotLook(_not_now(answer))


def _not_now(answer: HandOver) -> Unknown | Refused:
    """A closed door stays closed until an operator opens it; everything else is looked at again."""
    if isinstance(answer, Refused) and answer.code in GONE:
        return answer
    if isinstance(answer, Refused | Faulty):
        return Unknown(f"the history cannot be read: {answer.code}")
    wait = answer.retry_after if isinstance(answer, Deferred) else None
    return Unknown("the history could not be read now", look_after=wait or LOOK_AGAIN_SECONDS)
