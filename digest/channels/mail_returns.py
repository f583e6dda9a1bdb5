"""What comes back to the envelope sender: bounces (RFC 3464), complaints (RFC 5965), requests to leave. Pure.

Reading never raises, whatever arrives. Nothing here decides whom a report is about: it names the
addresses of ours that it came to, and only one with a valid seal counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from enum import StrEnum

from flufl.bounce import all_failures

from digest.channels.smtp_answers import BAD_ADDRESS, BARE_BAD_ADDRESS, POLICY_WORDS
from digest.readable import clean, clip

MAX_BYTES = 512_000
"""What is read of a report; originals attached behind it may be of any size."""
MAX_REASON = 200

ARRIVED_AT = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To")
"""Headers in which a mailbox keeps the address a mail came to."""

_OURS = re.compile(r"(?<![\w.+-])[bu]\.\d{1,18}\.[0-9a-f]{20}@[\w.-]{1,253}", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_SMTP_CODE = re.compile(r"(?:^|[\s;])([45]\d\d)[\s-]")


class Verdict(StrEnum):
    """What a report means for the address it is about."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"
    LEAVE = "leave"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Report:
    """A mail that came back. ``ours`` are addresses of our shape in the order of their worth, unverified.

    ``reason`` is one line without addresses, fit for a log.
    """

    verdict: Verdict
    ours: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""


def read_report(raw: bytes) -> Report:
    """Read a mail that came back."""
    try:
        return _read(message_from_bytes(raw[:MAX_BYTES], policy=policy.compat32), raw[:MAX_BYTES])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        return Report(Verdict.NOTHING, reason=f"unreadable: {type(error).__name__}")


def _read(mail: Message, raw: bytes) -> Report:
    arrived = tuple(_arrived(mail))
    kind = (mail.get_param("report-type") or "") if mail.get_content_type() == "multipart/report" else ""
    if kind == "feedback-report":
        return _complaint(mail, arrived, raw)
    if kind == "delivery-status" or _part(mail, "message/delivery-status") is not None:
        return _bounce(mail, arrived)
    if _automatic(mail):
        return Report(Verdict.NOTHING, arrived, reason="an automatic reply")
    if any(address.lower().startswith("u.") for address in arrived):
        return Report(Verdict.LEAVE, arrived, reason="asked to leave by mail")
    return _free_form(mail, arrived)


def _arrived(mail: Message) -> Iterator[str]:
    for header in ARRIVED_AT:
        for value in mail.get_all(header, []):
            yield from _OURS.findall(str(value)[:2_000])


def _part(mail: Message, kind: str) -> Message | None:
    return next((part for part in mail.walk() if part.get_content_type() == kind), None)


def _fields(part: Message | None) -> Iterator[Message]:
    """The blocks of header-like lines of which machine-readable reports are made."""
    payload = part.get_payload() if part is not None else None
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))
    elif isinstance(payload, str):
        yield message_from_bytes(payload.encode("utf-8", "replace"), policy=policy.compat32)


def _bounce(mail: Message, arrived: tuple[str, ...]) -> Report:
    for block in _fields(_part(mail, "message/delivery-status")):
        action = str(block.get("Action", "")).strip().lower()
        if action == "failed":
            diagnostic = str(block.get("Diagnostic-Code", ""))
            return _failed(str(block.get("Status", "")), diagnostic, arrived)
    return Report(Verdict.NOTHING, arrived, reason="a delivery report without a failure")


def _failed(status: str, diagnostic: str, arrived: tuple[str, ...]) -> Report:
    """Judge a failed recipient. The diagnostic's own code is closer to the truth than a relay's 5.0.0."""
    code = _code(status, diagnostic)
    said = _STATUS.sub("", diagnostic)
    return Report(_judged(code, diagnostic), arrived, code, clip(_without_addresses(said), MAX_REASON))


def _code(status: str, diagnostic: str) -> str:
    own, inner = _STATUS.search(status), _STATUS.search(diagnostic)
    if own and (not own[0].endswith(".0.0") or inner is None):
        return own[0]
    if inner:
        return inner[0]
    bare = _SMTP_CODE.search(diagnostic)
    return bare[1] if bare else ""


def _judged(code: str, diagnostic: str) -> Verdict:
    if code in BAD_ADDRESS:
        return Verdict.HARD
    if code.startswith("4") or not code:
        return Verdict.SOFT
    if code.startswith("5.7."):
        return Verdict.POLICY
    bare = _SMTP_CODE.search(diagnostic)
    unsaid = "." not in code or code.endswith(".0.0")
    if unsaid and POLICY_WORDS.search(diagnostic):
        return Verdict.POLICY
    if unsaid and bare and int(bare[1]) in BARE_BAD_ADDRESS:
        return Verdict.HARD
    return Verdict.SOFT


def _complaint(mail: Message, arrived: tuple[str, ...], raw: bytes) -> Report:
    """A complaint goes to a fixed address; the mail it is about, attached, names ours."""
    block = next(_fields(_part(mail, "message/feedback-report")), None)
    kind = str(block.get("Feedback-Type", "abuse") if block else "abuse").strip().lower()
    if kind in {"not-spam", "auth-failure"}:
        return Report(Verdict.NOTHING, arrived, reason=f"a report of {kind}")
    inside = tuple(dict.fromkeys([*arrived, *_OURS.findall(raw.decode("ascii", "replace"))]))
    return Report(Verdict.COMPLAINT, inside, reason=f"complaint: {clip(clean(kind), 40)}")


def _automatic(mail: Message) -> bool:
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    return (
        submitted == "auto-replied"
        or precedence in {"auto_reply", "junk"}
        or any(mail.get(header) is not None for header in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
    )


def _free_form(mail: Message, arrived: tuple[str, ...]) -> Report:
    """Bounces in the many shapes of their own that flufl.bounce knows.

    One of its detectors stumbles over a mail from nobody, as bounces are, and says so on stderr.
    """
    if "@" not in str(mail.get("From", "")):
        del mail["From"]
        mail["From"] = "nobody@invalid"
    temporary, permanent = all_failures(mail)
    if permanent:
        text = _first_text(mail)
        code = _code("", text)
        verdict = _judged(code, text) if code else Verdict.HARD
        return Report(verdict, arrived, code, "a bounce in a form of its own")
    if temporary:
        return Report(Verdict.SOFT, arrived, "", "a temporary failure in a form of its own")
    return Report(Verdict.NOTHING, arrived, reason="no report")


def _first_text(mail: Message) -> str:
    part = _part(mail, "text/plain")
    payload = part.get_payload(decode=True) if part is not None else b""
    return payload[:8_000].decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _without_addresses(text: str) -> str:
    return re.sub(r"<?[^\s<>;:]*@[^\s<>;]*>?", "…", clean(text, 2_000))
