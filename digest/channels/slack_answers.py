"""What Slack's answers mean for a delivery. Pure.

Only a complete ``ok`` is a success and only a named error is a no; whatever cannot be understood
(5xx, ``fatal_error``, ``ok`` missing, a page of HTML) is *unknown*.
"""

from __future__ import annotations

import json
from typing import Any

from digest.channels.slack_http import Reply
from digest.model import Deferred, Faulty, HandOver, Refused, Unknown

WAIT_DEFAULT = 30.0
WAIT_FLOOR = 1.0
WAIT_CAP = 3600.0

CLOSED = "the workspace has closed its access"
NOT_INSTALLED = "the app is not installed in this workspace"
"""Reasons that are over when the workspace installs the app again."""

LOGIN = frozenset(
    [
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "no_permission",
        "missing_scope",
        "not_allowed_token_type",
        "org_login_required",
        "ekm_access_denied",
        "access_denied",
        "enterprise_is_restricted",
        "team_access_not_granted",
        "invalid_token",
        "no_team",
        "two_factor_setup_required",
        "accesslimited",
    ]
)
"""Our way in is closed: for everybody of the workspace."""

TARGET = frozenset(
    [
        "channel_not_found",
        "is_archived",
        "channel_is_archived",
        "not_in_channel",
        "restricted_action",
        "user_not_found",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "action_prohibited",
        "posting_to_general_channel_denied",
        "messages_tab_disabled",
        "cannot_dm_bot",
        "user_disabled",
        "user_not_visible",
        "cannot_reply_to_message",
        "no_service",
        "no_active_hooks",
        "no_service_id",
        "invalid_channel",
        "channel_type_not_supported",
        "not_supported",
    ]
)
"""This conversation or webhook is closed to us."""

CONTENT = frozenset(
    [
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_block_kit",
        "msg_too_long",
        "msg_blocks_too_long",
        "too_many_blocks",
        "no_text",
        "too_many_attachments",
        "too_many_contact_cards",
        "attachment_payload_limit_exceeded",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "metadata_must_be_sent_from_app",
        "invalid_arguments",
        "invalid_payload",
        "markdown_text_conflict",
        "block_mismatch",
    ]
)
"""What we sent is wrong: our fault; plain text may pass, the same again will not."""

UNSURE = frozenset(
    [
        "fatal_error",
        "internal_error",
        "request_timeout",
        "service_unavailable",
        "rollup_error",
        "unknown_error",
        "external_channel_migrating",
    ]
)
"""Slack says itself that it may have happened."""

GONE = frozenset(("thread_not_found", "message_not_found"))
"""Somebody deleted the parent: the digest was there, and nobody wants the rest of it."""

WAIT = frozenset(("ratelimited", "rate_limited", "message_limit_exceeded"))

Answer = dict[str, Any]


def read_api(reply: Reply, *, installed: bool) -> Answer | HandOver:
    """An answer of the Web API: the ``ok`` document, or what came instead.

    ``installed``: the token is one workspace's own, so that a closed login concerns this target alone.
    """
    if reply.status == 429:
        return waiting(reply)
    document = _document(reply.body)
    if reply.status >= 500 or document is None or not isinstance(document.get("ok"), bool):
        return _odd(reply)
    if document["ok"]:
        return document if reply.status == 200 else _odd(reply)
    return _refusal(str(document.get("error", "")), reply, installed=installed)


def read_webhook(reply: Reply) -> HandOver | None:
    """An answer of an incoming webhook: ``None`` is success, which is 200 with the text ``ok``."""
    if reply.status == 429:
        return waiting(reply)
    text = reply.body[:200].decode("ascii", "replace").strip()
    if reply.status == 200 and text == "ok":
        return None
    if reply.status == 200 or reply.status >= 500:
        return _odd(reply)
    if reply.status in (404, 410):
        return Refused("the webhook is gone", code=_code(text) or str(reply.status), suspend=True)
    code = _code(text)
    if reply.status == 403 or code in LOGIN | TARGET:
        return Refused("the webhook refuses", code=code or str(reply.status), suspend=True)
    if code in CONTENT:
        return Refused("Slack refuses the content", code=code)
    return Deferred("an answer that is no yes and no known no", code=code or str(reply.status))


def _document(body: bytes) -> Answer | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _odd(reply: Reply) -> HandOver:
    """3xx and 4xx without a readable answer come from before Slack's application: nothing was taken."""
    if 300 <= reply.status < 500:
        return Deferred("an answer not of Slack's", code=str(reply.status))
    return Unknown(f"the answer ({reply.status}) does not say whether the message was taken")


def _refusal(error: str, reply: Reply, *, installed: bool) -> HandOver:
    code = _code(error)
    if code in WAIT:
        return waiting(reply)
    if code in LOGIN:
        return _closed(code, installed=installed)
    if code in TARGET:
        return Refused("the conversation is closed to the app", code=code, suspend=True)
    if code in CONTENT:
        return Refused("Slack refuses the content", code=code)
    if code in GONE:
        return Refused("the digest was deleted in Slack", code=code)
    if code in UNSURE or not code:
        return Unknown(f"Slack says {code or 'nothing'}: it may have partly succeeded")
    return Deferred("Slack says no", code=code)


def _closed(code: str, *, installed: bool) -> HandOver:
    if installed:
        return Refused(CLOSED, code=code, suspend=True)
    return Faulty("Slack refuses the bot token", code=code)


def _code(error: str) -> str:
    """An error's name as it may be shown and stored: a short plain word, or nothing."""
    return error if 0 < len(error) <= 80 and error.replace("_", "").isalnum() and error.isascii() else ""


def waiting(reply: Reply) -> Deferred:
    """Asked to wait: no failure. Nonsense in ``Retry-After`` is the default; floor and cap apply."""
    told = reply.headers.get("retry-after", "").strip()
    seconds = float(told) if told.isascii() and told.isdigit() and len(told) <= 12 else WAIT_DEFAULT
    return Deferred(
        "Slack asks to wait",
        code="429",
        retry_after=min(max(seconds, WAIT_FLOOR), WAIT_CAP),
        counts=False,
    )
