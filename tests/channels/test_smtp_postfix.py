"""The counterpart most mails meet: Postfix itself, as a private instance, takes, refuses and encrypts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.channels.smtp import SmtpSender
from digest.channels.smtp_session import Relay as Server
from digest.channels.smtp_session import open_session
from digest.model import Deferred, Faulty, HandOver, Message, Refused, Sent
from tests.channels.certificates import make_certificate
from tests.ports import held_port
from tests.processes import wait_for

pytestmark = pytest.mark.counterpart

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.test
mydestination =
alias_maps =
local_recipient_maps =
default_transport = error:nowhere
virtual_mailbox_domains = example.org
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
message_size_limit = 20000
smtpd_delay_reject = no
smtpd_hard_error_limit = 4
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/relay.pem
smtpd_sender_restrictions = check_sender_access inline:{{{{nobody@example.net = 550 5.7.1 who are you}}}}
smtpd_recipient_restrictions =
    check_recipient_access inline:{{
        {{unknown@example.org = 550 5.1.1 no such reader}}, {{later@example.org = 450 4.2.0 greylisted}} }}
    reject_unauth_destination
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{clear} inet n - n - - smtpd -o smtpd_tls_security_level=none
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running instance: ``port`` offers encryption, ``clear`` does not."""

    folder: Path
    port: int
    clear: int

    def set_up(self) -> None:
        for name in ("etc", "queue", "data", "mail"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "mail", 65534)
        make_certificate(self.folder / "relay.pem")
        (self.folder / "etc" / "main.cf").write_text(MAIN.format(folder=self.folder))
        (self.folder / "etc" / "master.cf").write_text(MASTER.format(port=self.port, clear=self.clear))

    def told(self, program: str, word: str) -> None:
        command = [program, "-c", str(self.folder / "etc"), word]
        subprocess.run(command, check=True, capture_output=True, timeout=300)

    def server(self, **changes: object) -> Server:
        return Server(**{"host": "127.0.0.1", "port": self.port, "hello": "localhost"} | changes)  # type: ignore[arg-type]

    def mails(self) -> list[bytes]:
        """What lies in the mailbox."""
        return [path.read_bytes() for path in (self.folder / "mail" / "all" / "new").glob("*")]

    def numbers(self) -> set[int]:
        """The numbers of the mails that lie there, by their subjects."""
        return {int(found[1]) for mail in self.mails() if (found := re.search(rb"digest (\d+)\n", mail))}


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    """A private Postfix, in a folder of its own; it takes root and Debian's package."""
    program = shutil.which("postfix", path="/usr/sbin:/usr/bin")
    if program is None or os.geteuid() != 0:
        pytest.skip("Postfix is not installed, or cannot be started without root")
    folder = Path(tempfile.mkdtemp(prefix="digest-postfix-"))
    folder.chmod(0o755)
    with held_port() as port, held_port() as clear:
        running = Postfix(folder, port, clear)
        running.set_up()
        running.told(program, "start")
        yield running
        running.told(program, "stop")
    shutil.rmtree(folder, ignore_errors=True)


def message(number: int, to: str = "", body: str = "papers\r\n") -> Message:
    address = to or f"reader{number}@example.org"
    lines = (
        f"Subject: digest {number}",
        "From: digest@example.net",
        f"To: {address}",
        "Date: Mon, 02 Mar 2026 07:30:00 +0000",
        f"Message-ID: <{number}@example.net>",
    )
    text = "\r\n".join((*lines, "", body))
    return Message(number, address, text.encode(), f"<{number}@example.net>")


def send(
    server: Server, messages: Sequence[Message], sender: str = "digest@example.net"
) -> dict[int, HandOver]:
    with SmtpSender(server, sender, gate_size=50) as way:
        return dict(way.hand_over(messages, lambda ids: ids))


def test_it_takes_many_mails_on_one_connection_byte_by_byte(postfix: Postfix) -> None:
    session = open_session(postfix.server())
    assert session.pipelining
    session.close()
    messages = [
        message(number, body=f".dots\r\n..\r\nÄrger, Σ {number}\r\n.\r\n") for number in range(1, 101)
    ]
    outcomes = send(postfix.server(), messages)
    assert all(isinstance(one, Sent) and "queued as" in one.reference for one in outcomes.values())
    wanted = {one.body.replace(b"\r\n", b"\n") for one in messages}
    wait_for(lambda: wanted <= {b"Subject:" + mail.partition(b"Subject:")[2] for mail in postfix.mails()})


def test_each_refusal_is_read_as_it_is_meant(postfix: Postfix) -> None:
    outcomes = send(
        postfix.server(),
        [
            message(1, "unknown@example.org"),
            message(2, "later@example.org"),
            message(3, body="x" * 30_000),
            message(4, "ada@elsewhere.example"),
            message(5),
        ],
    )
    unknown, later, large, elsewhere, good = (outcomes[number] for number in range(1, 6))
    assert isinstance(unknown, Refused)
    assert (unknown.code, unknown.suspend) == ("5.1.1", True)
    assert isinstance(later, Deferred)
    assert later.code == "4.2.0"
    assert isinstance(large, Refused)
    assert not large.suspend
    assert isinstance(elsewhere, Deferred), "we may not relay there: that is no fault of the address"
    assert isinstance(good, Sent)


def test_a_refused_sender_is_our_own_fault(postfix: Postfix) -> None:
    outcomes = send(postfix.server(), [message(1), message(2)], "nobody@example.net")
    assert list(outcomes) == [1]
    assert isinstance(outcomes[1], Faulty)


def test_it_hangs_up_after_too_many_errors_and_nothing_is_lost(postfix: Postfix) -> None:
    """After its limit of errors Postfix says 421 and closes: the rest goes over a new connection."""
    messages = [message(number, "unknown@example.org" if number % 2 else "") for number in range(1, 31)]
    outcomes = send(postfix.server(), messages)
    assert sorted(outcomes) == list(range(1, 31))
    for number, outcome in outcomes.items():
        assert isinstance(outcome, Refused if number % 2 else Sent), (number, outcome)


def test_it_is_spoken_to_inside_encryption_or_not_at_all(postfix: Postfix) -> None:
    """Numbers of their own, as mails of the tests before may still be on their way to the mailbox."""
    secure = postfix.server(security="starttls", ca_file=postfix.folder / "relay.pem")
    assert isinstance(send(secure, [message(201)])[201], Sent)
    clear = postfix.server(port=postfix.clear, security="starttls", ca_file=postfix.folder / "relay.pem")
    assert isinstance(send(clear, [message(202)])[202], Faulty)
    strange = postfix.server(security="starttls")
    assert isinstance(send(strange, [message(203)])[203], Faulty), "its certificate is of nobody we know"
    assert isinstance(send(secure, [message(204)])[204], Sent)
    wait_for(lambda: {201, 204} <= postfix.numbers())
    assert postfix.numbers().isdisjoint({202, 203})
