"""What a server's answer means: for this address, for now, or for everybody. Pure.

What the code alone cannot tell, the phase tells (RFC 5321, RFC 3463). A refusal of one recipient is
that subscriber's; a refusal of the sender, the login or our policy is ours: it says nothing about
the address.
"""

from __future__ import annotations

import re
from typing import Literal

from digest.channels.smtp_wire import Reply
from digest.model import Deferred, Faulty, HandOver, Refused

Phase = Literal["MAIL", "RCPT", "DATA", "dot"]

BAD_ADDRESS = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
"""The address does not exist (any more): hard."""
NOT_THE_ADDRESS = ("5.2.2", "5.2.3", "5.2.4", "5.3.4", "5.4.4", "5.4.6", "5.6.")
"""Full mailbox, size, routing, content: this message fails, the address stays good."""
BARE_BAD_ADDRESS = (550, 551, 553)
POLICY_WORDS = re.compile(
    r"relay|polic|spam|block|blacklist|denied|reputation|authenti|spf|dkim|dmarc|access|unsolicited",
    re.IGNORECASE,
)


def judge(phase: Phase, reply: Reply) -> HandOver | None:
    """The outcome of a phase; ``None`` for consent. ``Faulty`` is a suspicion until it repeats."""
    if reply.kind in {2, 3}:
        return None
    code, words = reply.enhanced or str(reply.code), f"{phase}: {reply}"
    if reply.kind == 4:
        return Deferred(words, code)
    if reply.enhanced.startswith(NOT_THE_ADDRESS):
        return Refused(words, code)
    if phase == "MAIL" or _is_policy(reply, phase):
        return Faulty(words, code)
    return Refused(words, code, suspend=_is_bad_address(reply))


def _is_bad_address(reply: Reply) -> bool:
    if reply.enhanced:
        return reply.enhanced in BAD_ADDRESS
    return reply.code in BARE_BAD_ADDRESS


def _is_policy(reply: Reply, phase: Phase) -> bool:
    """Codes about us. At DATA and the dot, whatever is not about the address is about us."""
    if reply.enhanced:
        about_address = reply.enhanced in BAD_ADDRESS
        return reply.enhanced.startswith("5.7.") or (phase != "RCPT" and not about_address)
    return phase != "RCPT" or POLICY_WORDS.search(reply.text) is not None


def systemic(phase: Phase, outcome: HandOver) -> bool:
    """Whether an outcome, repeated for one recipient after another, is about us or the server."""
    return isinstance(outcome, Faulty) or (isinstance(outcome, Deferred) and phase != "RCPT")
