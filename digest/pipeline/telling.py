"""What of a delivery's outcome an operator must hear: a fallback, a refusal of our content, a closed target.

Each is an event, not a state: told once however often it happens, and over when it has not happened
for a day (``watch``). None names an address.
"""

from __future__ import annotations

from digest.channels.slack_answers import CONTENT
from digest.model import ChannelName, Delivery, DeliveryState, Ruling

EVENT = "event."
TARGET = "event.target."
"""A closed target stays closed until somebody acts: it is told, and no all-clear follows by time."""


def news(delivery: Delivery, ruling: Ruling) -> tuple[str, str] | None:
    """The alarm's key and words, or ``None`` for what is nothing to tell."""
    channel, number = delivery.channel.value, delivery.id
    if ruling.state is DeliveryState.SENT and ruling.reason:
        words = f"{ruling.reason} (first: delivery {number})"
        return f"{EVENT}{channel}.fallback", f"{words}; please report it, `digest preview` shows the message"
    if ruling.state is not DeliveryState.REFUSED:
        return None
    if ruling.code in CONTENT and not ruling.suspend:
        words = f"{channel} refuses what we wrote ({ruling.code}, first: delivery {number})"
        return f"{EVENT}{channel}.content", f"{words}; it is not repeated: please report it"
    if ruling.suspend and delivery.channel is ChannelName.SLACK and ruling.code != "suppressed":
        who = delivery.subscriber_id
        words = f"Slack subscriber {who} is switched off: {ruling.reason} ({ruling.code})"
        return f"{TARGET}{who}", f"{words}; mend it, then `digest subscribers resume {who}`"
    return None
