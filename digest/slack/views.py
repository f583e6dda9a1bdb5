"""The form to edit a profile: built from values, read back into values. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from digest.channels.slack_text import Block, actions, button, plain
from digest.config import DigestSettings
from digest.errors import SubscriptionError
from digest.model import Profile, Subscriber
from digest.slack.place import Asked, Place

PROFILE = "digest_profile"
PREVIEW = "digest_preview"
TEXT, BAR, LIMIT, HOUR = "words", "bar", "limit", "hour"
LONGEST_TEXT = 3000
TRENDING = "trending"


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form. ``bar`` and ``limit`` are ``None`` where the defaults shall count."""

    text: str
    bar: float | None
    limit: int | None
    send_at: time | None


def profile_modal(
    asked: Asked, subscriber: Subscriber | None, profile: Profile | None, defaults: DigestSettings
) -> Block:
    """The form with what is known, or empty with the defaults."""
    words = profile.text if profile else ""
    send_at = subscriber.send_at if subscriber else defaults.send_at
    blocks = [
        _input(TEXT, "What you follow", _words(words), hint=_HINT),
        _input(
            BAR,
            "Bar, 0 to 10: the least score",
            _number(profile.bar if profile else None, defaults.bar, "0", "10"),
        ),
        _input(
            LIMIT,
            "At most so many papers",
            _number(profile.limit if profile else None, defaults.limit, "1", "50"),
        ),
        _input(HOUR, "Hour of the digest", {"type": "timepicker", "initial_time": f"{send_at:%H:%M}"}),
        actions("preview", button("Preview", PREVIEW, "preview")),
    ]
    return modal(asked, "Change profile" if subscriber else "Subscribe", blocks)


_HINT = 'Words by commas: diffusion, "exact phrase", agent*, robotics^2, -survey. Or: trending'


def modal(asked: Asked, title: str, blocks: list[Block], *, submit: str = "Save") -> Block:
    return {
        "type": "modal",
        "callback_id": PROFILE,
        "title": plain(title, 24),
        "submit": plain(submit, 24),
        "close": plain("Close", 24),
        "private_metadata": json.dumps({"here": asked.here, "channel": asked.place.channel}),
        "blocks": blocks,
    }


def finished(blocks: list[Block]) -> Block:
    """The form after saving: what is true now, and nothing to submit."""
    return {"type": "modal", "title": plain("Saved", 24), "close": plain("Close", 24), "blocks": blocks[:100]}


def with_preview(view: Mapping[str, Any], shown: list[Block]) -> Block:
    """The same form with a preview below; what was typed stays, since blocks keep their ids."""
    inputs = [block for block in view["blocks"] if block["type"] in ("input", "actions")]
    kept = ("type", "callback_id", "title", "submit", "close", "private_metadata")
    return {key: view[key] for key in kept} | {"blocks": [*inputs, *shown][:100]}


def _input(name: str, label: str, element: Block, *, hint: str = "") -> Block:
    made: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label, 2000),
        "element": {**element, "action_id": name},
    }
    return made | ({"hint": plain(hint, 2000)} if hint else {})


def _words(text: str) -> Block:
    element: Block = {"type": "plain_text_input", "multiline": True, "max_length": LONGEST_TEXT}
    return element | ({"initial_value": text[:LONGEST_TEXT]} if text else {})


def _number(value: float | None, default: float, least: str, most: str) -> Block:
    shown = default if value is None else value
    return {
        "type": "number_input",
        "is_decimal_allowed": isinstance(default, float),
        "initial_value": f"{shown:g}",
        "min_value": least,
        "max_value": most,
    }


# --- reading back ------------------------------------------------------------------------------


def read_form(view: Mapping[str, Any]) -> Form:
    """What was typed. Raises ``SubscriptionError`` for a number that is none."""
    values = view["state"]["values"]
    picked = values[HOUR][HOUR].get("selected_time")
    return Form(
        text=values[TEXT][TEXT].get("value") or "",
        bar=_read_number(values[BAR][BAR].get("value")),
        limit=_whole(values[LIMIT][LIMIT].get("value")),
        send_at=time.fromisoformat(picked) if picked else None,
    )


def _read_number(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise SubscriptionError(f"{text[:20]!r} is no number") from error


def _whole(text: str | None) -> int | None:
    number = _read_number(text)
    return None if number is None else int(number)


def read_asked(view: Mapping[str, Any], person: str, team: str) -> Asked:
    """For whom the form was opened."""
    told = json.loads(view.get("private_metadata") or "{}")
    place = Place(person, str(told.get("channel", "")), team)
    return Asked(place, "profile", here=bool(told.get("here")))


def errors_of(error: Exception, field: str = TEXT) -> dict[str, str]:
    """An error as the form shows it, at its field; plain text, nothing in it is parsed."""
    remedy = getattr(error, "remedy", "")
    return {field: plain(f"{error}{' → ' + remedy if remedy else ''}", 500)["text"]}
