"""Mails that come back, written by us after what real servers send."""

from __future__ import annotations

ORIGINAL = """\
Return-Path: <{ours}>
From: Daily Papers digest <digest@digest.example.org>
To: reader@example.net
Subject: Fri 6 Mar: Twin Rollouts
Message-ID: <31.7.2026-03-06@digest.example.org>
List-Unsubscribe: <https://digest.example.org/u/TOKEN>, <mailto:{leave}>
"""


def bounce(
    ours: str,
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 no such user",
    *,
    action: str = "failed",
    leave: str = "",
) -> bytes:
    """A report as Postfix writes it (RFC 3464)."""
    return f"""\
Return-Path: <>
Delivered-To: {ours}
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: {ours}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Fri,  6 Mar 2026 06:30:00 +0000 (UTC)

Final-Recipient: rfc822; reader@example.net
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--B
Content-Type: text/rfc822-headers

{ORIGINAL.format(ours=ours, leave=leave)}
--B--
""".replace("\n", "\r\n").encode()


def complaint(ours: str, kind: str = "abuse", *, leave: str = "") -> bytes:
    """A feedback report (RFC 5965), sent to a fixed address with our mail attached."""
    return f"""\
From: feedback@provider.example
To: abuse@digest.example.org
Subject: FW: Fri 6 Mar: Twin Rollouts
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--B
Content-Type: message/rfc822

{ORIGINAL.format(ours=ours, leave=leave)}
Hello.

--B--
""".replace("\n", "\r\n").encode()


def letter(to: str, *headers: str, body: str = "Please stop.") -> bytes:
    """An ordinary mail to one of our addresses."""
    lines = [f"To: {to}", "From: reader@example.net", "Subject: hello", *headers, "", body, ""]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass")


QMAIL = """\
Return-Path: <>
Delivered-To: {ours}
From: MAILER-DAEMON@mx.example.net
To: {ours}
Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<reader@example.net>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 No such user
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

Return-Path: <{ours}>
"""
