"""Encryption and login: never a downgrade, never a login in clear, the secret in no word of ours."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from digest.channels.smtp import SmtpSender
from digest.channels.smtp_session import Relay as Server
from digest.model import Faulty, HandOver, Message, Sent
from tests.channels.certificates import make_certificate
from tests.faults.relay import Relay

ONE = Message(1, "ada@example.org", b"papers\r\n", "<1@example.net>")
SECRET = "correct horse"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for 127.0.0.1, with its key in the same file."""
    path = tmp_path_factory.mktemp("tls") / "relay.pem"
    make_certificate(path)
    return path


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


def send(relay: Relay, server: Server) -> HandOver:
    with SmtpSender(replace(server, port=relay.port), "digest@example.net") as sender:
        ((_, outcome),) = sender.hand_over([ONE], lambda ids: ids)
    return outcome


def secure(certificate: Path, **changes: str) -> Server:
    return replace(
        Server("127.0.0.1", security="starttls", ca_file=certificate, command_seconds=60.0),
        **changes,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("auth", ["AUTH PLAIN LOGIN", "AUTH LOGIN"])
def test_a_login_goes_inside_encryption(certificate: Path, auth: str) -> None:
    with Relay(abilities=("STARTTLS", "PIPELINING", auth), tls=context(certificate)) as relay:
        outcome = send(relay, secure(certificate, username="ada", password=SECRET))
        assert isinstance(outcome, Sent)
        assert relay.logins == [f"ada:{SECRET}"]


def test_a_server_that_offers_no_encryption_gets_nothing(certificate: Path) -> None:
    with Relay(abilities=("AUTH PLAIN",)) as relay:
        outcome = send(relay, secure(certificate, username="ada", password=SECRET))
        assert isinstance(outcome, Faulty)
        assert "STARTTLS" in outcome.reason
        assert not relay.logins
        assert not relay.accepted
        assert not any("AUTH" in line for line in relay.lines)


def test_a_refused_starttls_is_no_reason_to_go_on_in_clear(certificate: Path) -> None:
    with Relay(lambda phase, _: "454 4.7.0 not now" if phase == "STARTTLS" else None, ("STARTTLS",)) as relay:
        assert isinstance(send(relay, secure(certificate)), Faulty)
        assert relay.accepted == []


def test_a_certificate_of_somebody_else_is_refused(certificate: Path) -> None:
    with Relay(abilities=("STARTTLS",), tls=context(certificate)) as relay:
        outcome = send(relay, replace(secure(certificate), ca_file=None))
        assert isinstance(outcome, Faulty)
        assert "certificate" in outcome.reason
        assert relay.accepted == []


def test_words_slipped_in_before_the_handshake_are_not_believed(certificate: Path) -> None:
    with Relay(abilities=("STARTTLS",), tls=context(certificate), inject=b"250 believe me\r\n") as relay:
        assert isinstance(send(relay, secure(certificate)), Faulty)
        assert relay.accepted == []


def test_a_refused_login_is_our_fault_and_names_no_secret(certificate: Path) -> None:
    def fault(phase: str, _argument: str) -> str | None:
        return "535 5.7.8 no" if phase == "AUTH" else None

    with Relay(fault, ("STARTTLS", "AUTH PLAIN"), tls=context(certificate)) as relay:
        outcome = send(relay, secure(certificate, username="ada", password=SECRET))
        assert outcome == Faulty("the login was refused: 535 5.7.8 no", "5.7.8")
    assert SECRET not in repr(secure(certificate, password=SECRET))


def test_a_login_in_clear_to_another_machine_is_never_tried() -> None:
    with Relay(abilities=("AUTH PLAIN",), address="127.0.0.2") as relay:
        outcome = send(relay, Server("127.0.0.2", username="ada", password=SECRET))
        assert isinstance(outcome, Faulty)
        assert "in clear" in outcome.reason
        assert relay.logins == []


def test_a_login_nobody_offers_is_our_fault() -> None:
    with Relay() as relay:
        assert isinstance(send(relay, Server("127.0.0.1", username="ada", password=SECRET)), Faulty)


def test_an_old_server_is_greeted_as_it_knows() -> None:
    with Relay(lambda phase, _: "502 5.5.1 what?" if phase == "EHLO" else None) as relay:
        assert isinstance(send(relay, Server("127.0.0.1")), Sent)
        assert "HELO localhost" in relay.lines


def test_a_ca_file_that_is_not_there_is_said_so(certificate: Path, tmp_path: Path) -> None:
    with Relay(abilities=("STARTTLS",), tls=context(certificate)) as relay:
        outcome = send(relay, secure(tmp_path / "none.pem"))
        assert isinstance(outcome, Faulty)
        assert "ca_file" in outcome.reason
