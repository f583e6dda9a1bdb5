"""Reports that come back: what each means, and that none can break the reader."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.channels.mail_returns import Verdict, read_report
from tests.channels.returns import QMAIL, bounce, complaint, letter
from tests.naughty import NAUGHTY

OURS = "b.31.0123456789abcdef0123@bounces.example.org"
LEAVE = "u.7.0123456789abcdef0123@bounces.example.org"


@pytest.mark.parametrize(
    ("status", "diagnostic", "verdict", "code"),
    [
        ("5.1.1", "550 5.1.1 no such user", Verdict.HARD, "5.1.1"),
        ("5.1.2", "", Verdict.HARD, "5.1.2"),
        ("5.1.6", "", Verdict.HARD, "5.1.6"),
        ("5.2.1", "mailbox disabled", Verdict.HARD, "5.2.1"),
        ("5.0.0", "550 5.1.1 <reader@example.net>: unknown", Verdict.HARD, "5.1.1"),
        ("5.0.0", "550 unknown user", Verdict.HARD, "5.0.0"),
        ("", "550 unknown user", Verdict.HARD, "550"),
        ("5.2.2", "552 5.2.2 mailbox full", Verdict.SOFT, "5.2.2"),
        ("5.4.4", "host not found", Verdict.SOFT, "5.4.4"),
        ("4.4.1", "connection timed out", Verdict.SOFT, "4.4.1"),
        ("4.7.1", "try again later", Verdict.SOFT, "4.7.1"),
        ("", "", Verdict.SOFT, ""),
        ("5.7.1", "blocked by policy", Verdict.POLICY, "5.7.1"),
        ("5.7.515", "access denied, does not meet the required level", Verdict.POLICY, "5.7.515"),
        ("5.0.0", "554 rejected as spam", Verdict.POLICY, "5.0.0"),
    ],
)
def test_codes_are_told_apart(status: str, diagnostic: str, verdict: Verdict, code: str) -> None:
    report = read_report(bounce(OURS, status, diagnostic))
    assert (report.verdict, report.code) == (verdict, code)
    assert report.ours[0] == OURS


def test_a_reason_holds_no_address() -> None:
    assert "@" not in read_report(bounce(OURS, "5.1.1", "550 5.1.1 <reader@example.net> unknown")).reason


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_has_not_failed_is_no_bounce(action: str) -> None:
    assert read_report(bounce(OURS, "4.4.1", action=action)).verdict is Verdict.NOTHING


def test_a_complaint_names_our_address_from_the_mail_it_is_about() -> None:
    report = read_report(complaint(OURS, leave=LEAVE))
    assert report.verdict is Verdict.COMPLAINT
    assert set(report.ours) == {OURS, LEAVE}


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_a_feedback_report_that_is_no_complaint_is_none(kind: str) -> None:
    assert read_report(complaint(OURS, kind)).verdict is Verdict.NOTHING


def test_a_mail_to_the_unsubscribe_address_asks_to_leave() -> None:
    assert read_report(letter(LEAVE)).verdict is Verdict.LEAVE


def test_a_bounce_quoting_the_unsubscribe_address_does_not_ask_to_leave() -> None:
    report = read_report(bounce(OURS, leave=LEAVE))
    assert report.verdict is Verdict.HARD
    assert set(report.ours) == {OURS}


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: auto-replied; x=y", "Precedence: auto_reply", "X-Autoreply: yes"]
)
@pytest.mark.parametrize("to", [OURS, LEAVE])
def test_automatic_replies_are_nothing(header: str, to: str) -> None:
    assert read_report(letter(to, header)).verdict is Verdict.NOTHING


def test_a_bounce_in_a_form_of_its_own_is_known() -> None:
    report = read_report(QMAIL.format(ours=OURS).replace("\n", "\r\n").encode())
    assert (report.verdict, report.code, report.ours[0]) == (Verdict.HARD, "5.1.1", OURS)


def test_an_ordinary_mail_is_nothing() -> None:
    assert read_report(letter(OURS)).verdict is Verdict.NOTHING


@pytest.mark.parametrize("text", NAUGHTY)
def test_hostile_reports_are_read_without_harm(text: str) -> None:
    raw = bounce(OURS, "5.1.1", text.replace("\n", " ")[:500].encode("utf-8", "replace").decode())
    assert read_report(raw).verdict in Verdict
    assert "\n" not in read_report(letter(OURS, body=text)).reason


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    assert read_report(raw).verdict in Verdict
    assert read_report(bounce(OURS)[:200] + raw).verdict in Verdict


def test_a_report_of_many_megabytes_and_many_layers_is_read_in_bounds() -> None:
    assert read_report(bounce(OURS) + b"x" * 3_000_000).verdict is Verdict.HARD
    layers = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)
    )
    assert read_report(layers).verdict is Verdict.NOTHING


def test_a_mail_from_nobody_is_read_without_a_word_on_stderr(caplog: pytest.LogCaptureFixture) -> None:
    for head in (b"", b"From: <>\r\n", b"From: MAILER-DAEMON\r\n"):
        report = read_report(head + b"Subject: hello\r\n\r\nhello\r\n")
        assert (report.verdict, report.reason) == (Verdict.NOTHING, "no report")
    assert [record for record in caplog.records if record.thread == threading.get_ident()] == []
