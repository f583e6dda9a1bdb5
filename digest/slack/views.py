"""The form to edit profiles: built from values, read back into values. Pure.

Blocks are named ``FIELD/PROFILE``: Slack keeps what was typed in a block that is shown again under its
name, which is right for a preview and wrong for another profile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from digest.channels.slack_text import Block, actions, button, plain, width
from digest.config import DigestSettings
from digest.errors import SubscriptionError
from digest.model import Profile, Subscriber
from digest.slack.place import Asked, Place
from digest.slack.saving import MAIN, NEW, TRENDING
from digest.subscriptions.checks import LONGEST_NAME, MOST_ENTRIES, MOST_PROFILES

PROFILE = "digest_profile"
PREVIEW, CHOOSE, REMOVE = "digest_preview", "digest_choose", "digest_remove"
NAME, TEXT, BAR, LIMIT, HOUR = "name", "words", "bar", "limit", "hour"
DOING = "doing"
OWN_BLOCKS = frozenset((CHOOSE, NAME, TEXT, BAR, LIMIT, HOUR, DOING))
LONGEST_TEXT = 3000
"""Characters that a field of Slack's takes; a profile may have more."""

_HINT = 'Words by commas: diffusion, "exact phrase", agent*, robotics^2, -survey. Or: trending'


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form. ``bar`` and ``limit`` are ``None`` where the defaults shall count."""

    name: str
    text: str
    bar: float | None
    limit: int | None
    send_at: time | None


def profile_modal(
    asked: Asked,
    subscriber: Subscriber | None,
    profiles: Sequence[Profile],
    number: int,
    defaults: DigestSettings,
) -> Block:
    """The form of one profile, with what is known; ``NEW`` is empty. ``profiles`` are as stored."""
    shown = next((one for one in profiles if one.id == number), None)
    number = shown.id if shown else NEW
    title = "Change profile" if shown else "Add profile" if profiles else "Subscribe"
    send_at = subscriber.send_at if subscriber else defaults.send_at
    blocks = [
        *_chooser(profiles, number),
        _input(NAME, number, "Name", _line(shown.name if shown else _free_name(profiles))),
        _words(shown, number),
        *_bounds(shown, number, defaults),
        _input(HOUR, number, "Hour", {"type": "timepicker", "initial_time": f"{send_at:%H:%M}"}),
        _doing(profiles, number),
    ]
    return _modal(asked, title, number, blocks)


def _bounds(shown: Profile | None, number: int, defaults: DigestSettings) -> list[Block]:
    """Bar and limit; left empty, the defaults count."""
    bar = _number(shown.bar if shown else None, defaults.bar, 0, 10)
    limit = _number(shown.limit if shown else None, defaults.limit, 1, MOST_ENTRIES)
    return [
        _input(BAR, number, "Bar, 0 to 10: the least score", bar, optional=True),
        _input(LIMIT, number, "At most so many papers", limit, optional=True),
    ]


def _chooser(profiles: Sequence[Profile], number: int) -> list[Block]:
    """Which of the profiles, or one more; nothing to choose before there is one."""
    if not profiles:
        return []
    options = [_option(one.name, one.id) for one in profiles]
    if len(profiles) < MOST_PROFILES or number == NEW:
        options.append(_option("+ another profile", NEW))
    initial = next(one for one in options if one["value"] == str(number))
    choice = {"type": "static_select", "action_id": CHOOSE, "options": options, "initial_option": initial}
    told = plain("Profile. Save one before you choose another.", 300)
    return [{"type": "section", "block_id": f"{CHOOSE}/{number}", "text": told, "accessory": choice}]


def _option(name: str, number: int) -> Block:
    return {"text": plain(name, 75), "value": str(number)}


def _free_name(profiles: Sequence[Profile]) -> str:
    return "" if profiles else MAIN


def _doing(profiles: Sequence[Profile], number: int) -> Block:
    buttons = [button("Preview", PREVIEW, str(number))]
    if len(profiles) > 1 and number != NEW:
        buttons.append(removing(number))
    return actions(f"{DOING}/{number}", *buttons)


def removing(number: int, action: str = REMOVE) -> Block:
    """A button that asks before it removes a profile."""
    asking = {
        "title": plain("Remove this profile?", 100),
        "text": plain("What it learnt goes with it. Your other profiles stay.", 300),
        "confirm": plain("Remove", 30),
        "deny": plain("Keep", 30),
        "style": "danger",
    }
    return button("Remove", action, str(number), style="danger") | {"confirm": asking}


def _modal(asked: Asked, title: str, number: int, blocks: list[Block]) -> Block:
    told = {"here": asked.here, "channel": asked.place.channel, "profile": number, "zone": asked.timezone}
    return {
        "type": "modal",
        "callback_id": PROFILE,
        "title": plain(title, 24),
        "submit": plain("Save", 24),
        "close": plain("Close", 24),
        "private_metadata": json.dumps(told),
        "blocks": blocks,
    }


def finished(blocks: Sequence[Block]) -> Block:
    """The form after saving: what is true now, and nothing to submit."""
    shown = list(blocks)[:100]
    return {"type": "modal", "title": plain("Saved", 24), "close": plain("Close", 24), "blocks": shown}


def with_preview(view: Mapping[str, Any], shown: list[Block]) -> Block:
    """The same form with a preview below; what was typed stays, since blocks keep their names."""
    own = [block for block in view["blocks"] if _field(block.get("block_id", "")) in OWN_BLOCKS]
    kept = ("type", "callback_id", "title", "submit", "close", "private_metadata")
    return {key: view[key] for key in kept} | {"blocks": [*own, *shown][:100]}


def _input(
    name: str, number: int, label: str, element: Block, *, hint: str = "", optional: bool = False
) -> Block:
    made: Block = {
        "type": "input",
        "block_id": f"{name}/{number}",
        "label": plain(label, 2000),
        "element": {**element, "action_id": name},
        "optional": optional,
    }
    return made | ({"hint": plain(hint, 2000)} if hint else {})


def _line(text: str) -> Block:
    element: Block = {"type": "plain_text_input", "max_length": LONGEST_NAME}
    return element | ({"initial_value": text[:LONGEST_NAME]} if text else {})


def _words(profile: Profile | None, number: int) -> Block:
    element: Block = {"type": "plain_text_input", "multiline": True, "max_length": LONGEST_TEXT}
    if profile is not None and too_long(profile):
        label = "What you follow: longer than this field; leave it empty to keep it"
        return _input(TEXT, number, label, element, hint=_HINT, optional=True)
    text = "" if profile is None else TRENDING if profile.trending else profile.text
    initial = {"initial_value": text} if text else {}
    return _input(TEXT, number, "What you follow", element | initial, hint=_HINT)


def too_long(profile: Profile) -> bool:
    """Whether the form cannot show the words: it must not cut them."""
    return width(profile.text) > LONGEST_TEXT


def _number(value: float | None, default: float, least: int, most: int) -> Block:
    made: Block = {
        "type": "number_input",
        "is_decimal_allowed": isinstance(default, float),
        "min_value": str(least),
        "max_value": str(most),
        "placeholder": plain(f"{default:g}, as usual here", 150),
    }
    return made | ({} if value is None else {"initial_value": f"{value:g}"})


# --- reading back ------------------------------------------------------------------------------


class FieldError(SubscriptionError):
    """What is wrong in one ``field`` of the form."""

    def __init__(self, field: str, message: str, *, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


def read_form(view: Mapping[str, Any]) -> Form:
    """What was typed. Raises ``FieldError`` for a number that is none."""
    blocks = view["state"]["values"].values()
    values = {name: element for block in blocks for name, element in block.items()}
    picked = values[HOUR].get("selected_time")
    return Form(
        name=values[NAME].get("value") or "",
        text=values[TEXT].get("value") or "",
        bar=_read_number(BAR, values),
        limit=_whole(LIMIT, values),
        send_at=time.fromisoformat(picked) if picked else None,
    )


def _read_number(field: str, values: Mapping[str, Any]) -> float | None:
    text = values[field].get("value")
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise FieldError(field, f"{text[:20]!r} is no number", remedy="give one, such as 5") from error


def _whole(field: str, values: Mapping[str, Any]) -> int | None:
    number = _read_number(field, values)
    if number is not None and not number.is_integer():
        raise FieldError(field, f"{number:g} papers cannot be sent", remedy="give a whole number")
    return None if number is None else int(number)


def read_asked(view: Mapping[str, Any], person: str, team: str) -> tuple[Asked, int]:
    """For whom and for which profile the form was opened."""
    told = json.loads(view.get("private_metadata") or "{}")
    place = Place(person, str(told.get("channel", "")), team)
    asked = Asked(place, "profile", here=bool(told.get("here")), timezone=str(told.get("zone", "")))
    return asked, int(told.get("profile", NEW))


def errors_of(view: Mapping[str, Any], error: Exception) -> dict[str, str]:
    """An error as the form shows it, at the field it is about; plain text, nothing in it is parsed."""
    field = getattr(error, "field", TEXT)
    names = [name for name in view["state"]["values"] if _field(name) == field]
    remedy = getattr(error, "remedy", "")
    return {names[0]: plain(f"{error}{' → ' + remedy if remedy else ''}", 500)["text"]}


def _field(block_id: str) -> str:
    return block_id.partition("/")[0]
