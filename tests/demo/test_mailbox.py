"""The mailbox speaks SMTP to Python's own client, and to rude ones by hand."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.demo.mailbox import LINE_OCTETS, MOST_OCTETS, MOST_RECIPIENTS, Mail, Mailbox, html_of, write
from digest.errors import DigestError


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as open_box:
        yield open_box


@pytest.fixture
def client(mailbox: Mailbox) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=60) as connected:
        yield connected


@pytest.fixture
def wire(mailbox: Mailbox) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", mailbox.port), timeout=60) as connected:
        assert replies(connected, 1) == [b"220"]
        yield connected


def replies(wire: socket.socket, number: int) -> list[bytes]:
    """The codes of the next replies; lines that are continued are passed over."""
    codes: list[bytes] = []
    pending = b""
    while len(codes) < number:
        received = wire.recv(4096)
        assert received, "the mailbox hung up"
        *lines, pending = (pending + received).split(b"\r\n")
        codes += [line[:3] for line in lines if line[3:4] == b" "]
    assert len(codes) == number
    return codes


def message(text: str = "Hello.\n", html: str = "") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = "Papers", "digest@sample.example", "ada@sample.example"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made


def test_a_mail_is_kept_as_it_was_sent(mailbox: Mailbox, client: smtplib.SMTP) -> None:
    sent = message("Dots:\n.\n..\n.end\n\nÜberraschung\n")
    client.send_message(sent, "bounce+x@sample.example", ["ada@sample.example", "bo@sample.example"])

    (mail,) = mailbox.mails
    assert mail.sender == "bounce+x@sample.example"
    assert mail.recipients == ("ada@sample.example", "bo@sample.example")
    assert b"Dots:\r\n.\r\n..\r\n.end\r\n" in mail.content
    assert b"\r\n.\r\n" not in mail.content.partition(b".end")[2]


def test_one_connection_brings_many_mails(mailbox: Mailbox, client: smtplib.SMTP) -> None:
    for number in range(3):
        client.sendmail("a@sample.example", f"b{number}@sample.example", b"Subject: n\r\n\r\nx\r\n")

    assert [mail.recipients[0][:2] for mail in mailbox.mails] == ["b0", "b1", "b2"]


def test_it_announces_what_it_can(client: smtplib.SMTP) -> None:
    client.ehlo("here")

    assert client.esmtp_features.keys() >= {"pipelining", "8bitmime", "size", "smtputf8"}
    assert client.esmtp_features["size"] == str(MOST_OCTETS)


def test_commands_are_answered_by_the_book(client: smtplib.SMTP) -> None:
    assert client.docmd("MAIL", "FROM:<a@b.example>")[0] == 503, "not before EHLO"
    assert client.helo("here")[0] == 250
    assert client.docmd("RCPT", "TO:<a@b.example>")[0] == 503, "not before MAIL"
    assert client.docmd("DATA")[0] == 503, "not before RCPT"
    assert client.docmd("MAIL", "TO:<a@b.example>")[0] == 501
    assert client.docmd("MAIL", "FROM:<> BODY=8BITMIME")[0] == 250, "a bounce has an empty sender"
    assert client.docmd("MAIL", "FROM:<a@b.example>")[0] == 503, "one at a time"
    assert client.docmd("RCPT", "TO:<>")[0] == 501
    assert client.docmd("rcpt", "to: <u@b.example> X=1")[0] == 250, "any case"
    assert client.rset()[0] == 250
    assert client.docmd("DATA")[0] == 503, "RSET forgets"
    assert client.noop()[0] == 250
    assert client.docmd("VRFY", "a")[0] == 252
    assert client.docmd("EXPN", "a")[0] == 500
    assert client.docmd("QUIT")[0] == 221


def test_a_mail_said_to_be_too_large_is_refused_at_once(client: smtplib.SMTP) -> None:
    client.ehlo("here")

    assert client.docmd("MAIL", f"FROM:<a@b.example> SIZE={MOST_OCTETS + 1}")[0] == 552
    assert client.docmd("MAIL", f"FROM:<a@b.example> SIZE={MOST_OCTETS}")[0] == 250


def test_a_mail_that_is_too_large_is_refused_and_the_next_is_welcome(
    mailbox: Mailbox, client: smtplib.SMTP
) -> None:
    client.ehlo("here")
    client.mail("a@b.example")
    client.rcpt("c@d.example")
    assert client.data(b"x" * 70 + b"\r\n" + (b"y" * 998 + b"\r\n") * (MOST_OCTETS // 1000 + 1))[0] == 552

    client.sendmail("a@b.example", "c@d.example", b"Subject: small\r\n\r\nx\r\n")
    assert len(mailbox.mails) == 1


def test_recipients_are_bounded(client: smtplib.SMTP) -> None:
    client.ehlo("here")
    client.mail("a@b.example")
    codes = [client.rcpt(f"r{number}@d.example")[0] for number in range(MOST_RECIPIENTS + 1)]

    assert codes == [250] * MOST_RECIPIENTS + [452]


def test_pipelined_commands_are_answered_one_by_one(mailbox: Mailbox, wire: socket.socket) -> None:
    wire.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
    assert replies(wire, 4) == [b"250", b"250", b"250", b"354"]
    wire.sendall(b"Subject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n")
    assert replies(wire, 2) == [b"250", b"221"]
    assert mailbox.mails[0].content == b"Subject: x\r\n\r\nbody\r\n"


def test_only_a_dot_between_full_line_ends_ends_a_mail(mailbox: Mailbox, wire: socket.socket) -> None:
    body = (
        b"a\n.\r\nb\r\n.\nc\r\n" + b"z" * (LINE_OCTETS - 1) + b"\r\n..dot\r\n" + b"z" * LINE_OCTETS + b".\r\n"
    )
    wire.sendall(b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" + body + b".\r\n")

    assert replies(wire, 5)[-1] == b"250"
    expected = body.replace(b"\r\n.\n", b"\r\n\n").replace(b"\r\n..dot", b"\r\n.dot")
    assert mailbox.mails[0].content == expected


def test_a_line_that_is_too_long_is_one_error(wire: socket.socket) -> None:
    wire.sendall(b"NOOP " + b"x" * (3 * LINE_OCTETS) + b"\r\nNOOP\r\n")

    assert replies(wire, 2) == [b"500", b"250"]


def test_half_a_mail_is_no_mail(mailbox: Mailbox, wire: socket.socket) -> None:
    wire.sendall(b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: half")
    replies(wire, 4)
    wire.shutdown(socket.SHUT_WR)

    assert wire.recv(100) == b""
    assert mailbox.mails == []


def test_what_cannot_be_kept_is_refused_for_now() -> None:
    def full(_: Mail) -> None:
        raise OSError(28, "No space left on device")

    with Mailbox(full) as mailbox, smtplib.SMTP("127.0.0.1", mailbox.port, timeout=60) as client:
        with pytest.raises(smtplib.SMTPDataError, match="No space left") as raised:
            client.sendmail("a@b.example", "c@d.example", b"Subject: x\r\n\r\nx\r\n")
        assert raised.value.smtp_code == 452
        assert mailbox.mails == []


def test_nothing_keeps_running_after_the_end() -> None:
    before = set(threading.enumerate())
    with Mailbox() as mailbox:
        idle = socket.create_connection(("127.0.0.1", mailbox.port), timeout=60)
        assert idle.recv(100).startswith(b"220")

    assert set(threading.enumerate()) <= before
    idle.close()


def test_a_port_that_is_taken_is_named_with_a_remedy(mailbox: Mailbox) -> None:
    with pytest.raises(DigestError, match="no SMTP server can be opened"):
        Mailbox(port=mailbox.port)


def test_a_mail_is_left_as_eml_and_html(mailbox: Mailbox, client: smtplib.SMTP, tmp_path: Path) -> None:
    client.send_message(message("Grüße\n", "<p>Grüße &lt;think&gt;</p>\n"))
    eml, html = write(mailbox.mails[0], tmp_path, "2026-10-15-ada")

    assert eml.read_bytes() == mailbox.mails[0].content
    assert (html.name, html.read_text(encoding="utf-8")) == (
        "2026-10-15-ada.html",
        "<p>Grüße &lt;think&gt;</p>\n",
    )


def test_a_mail_without_html_leaves_no_html(tmp_path: Path) -> None:
    plain = Mail("", ("a@b.example",), message().as_bytes())

    assert html_of(plain) == ""
    assert [path.name for path in write(plain, tmp_path, "plain")] == ["plain.eml"]


def test_a_fault_of_the_mailbox_itself_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(_: Mail) -> None:
        raise RuntimeError("a fault")

    with (
        Mailbox(broken) as mailbox,
        smtplib.SMTP("127.0.0.1", mailbox.port, timeout=60) as client,
        pytest.raises(smtplib.SMTPServerDisconnected),
    ):
        client.sendmail("a@b.example", "c@d.example", b"Subject: x\r\n\r\nx\r\n")
    assert "RuntimeError: a fault" in capfd.readouterr().err
