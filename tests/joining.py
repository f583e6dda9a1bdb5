"""Subscribing in one breath: wishes and terms side by side, profiles also as name → words."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy.orm import Session

from digest import subscriptions
from digest.model import Subscriber
from digest.subscriptions import Wishes, drafts_of


def subscribe(session: Session, **given: Any) -> Subscriber:
    """``subscribe(session, keys=…, channel=…, address=…, profiles={"Robots": "robots"}, …)``."""
    asked = {one.name: given.pop(one.name) for one in fields(Wishes) if one.name in given}
    wishes = Wishes(**asked | {"profiles": drafts_of(asked["profiles"])})
    return subscriptions.subscribe(session, wishes, **given)
