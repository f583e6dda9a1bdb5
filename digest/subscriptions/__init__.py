"""The rules of subscribing, for web, Slack and command line alike.

Functions take a session in a writing transaction (``judge`` opens its own), plain values and
``now``; they raise ``SubscriptionError`` (or ``ProfileError``) naming what is wrong. Nothing here
sends anything: a mail that is due is a notice in the store, taken along by the deliver step.
"""

from digest.subscriptions.changing import (
    Schedule,
    change_schedule,
    check_own_name,
    come_back,
    leave,
    pause,
    remove_profile,
    resume,
    save_profile,
    set_profiles,
    unsubscribe,
)
from digest.subscriptions.checks import (
    Wishes,
    check_address,
    check_draft,
    check_weekdays,
    check_wishes,
    check_zone,
    drafts_of,
)
from digest.subscriptions.holding import erase, export
from digest.subscriptions.joining import confirm, subscribe, unconfirmed
from digest.subscriptions.judging import (
    forget_learnt,
    forget_term,
    give_feedback,
    judge,
    relearn,
    take_back,
)
from digest.subscriptions.signing_up import Bounds, ask_for_link, join_by_webhook, sign_up
from digest.subscriptions.suppressing import refuse_suppressed, suppressed_among, suppression_of, unsuppress

__all__ = [
    "Bounds",
    "Schedule",
    "Wishes",
    "ask_for_link",
    "change_schedule",
    "check_address",
    "check_draft",
    "check_own_name",
    "check_weekdays",
    "check_wishes",
    "check_zone",
    "come_back",
    "confirm",
    "drafts_of",
    "erase",
    "export",
    "forget_learnt",
    "forget_term",
    "give_feedback",
    "join_by_webhook",
    "judge",
    "leave",
    "pause",
    "refuse_suppressed",
    "relearn",
    "remove_profile",
    "resume",
    "save_profile",
    "set_profiles",
    "sign_up",
    "subscribe",
    "suppressed_among",
    "suppression_of",
    "take_back",
    "unconfirmed",
    "unsubscribe",
    "unsuppress",
]
