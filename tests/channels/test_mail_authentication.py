"""Signed digests before verifiers that are not ours: Perl's Mail::DKIM, and rspamd with SPF and DMARC.

Installed by Debian (``unbound``, ``libmail-dkim-perl``, ``rspamd``); a test is skipped only where its program
is absent. The name server, the filter and the sending address are all private: nothing leaves the machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from digest.channels.email import EmailChannel
from digest.channels.letters import write
from tests.channels.dns_server import names
from tests.channels.mails import KINDS, sheet
from tests.channels.programs import program, running
from tests.channels.test_dkim import DOMAIN, RSA, SELECTOR, configured, record
from tests.channels.test_email import no_sender
from tests.channels.test_letters import AT, LETTERS
from tests.ports import held_port

pytestmark = pytest.mark.counterpart

SENDER = "198.51.100.7"
"""An address of documentation: metadata of the test, nothing is sent there."""

OF_THE_TEST = {
    # symbol: why it is no fault of the mail
    "RDNS_NONE": "the sending address has no name",
    "ONCE_RECEIVED": "the mail never travelled",
    "DATE_IN_PAST": "a golden mail has the date it was made with",
    "MANY_INVISIBLE_PARTS": "one, the preheader: 0.05 points",
    "URI_COUNT_ODD": "the link to leave stands at both ends of the HTML, and once in the text",
}
"""What adds to the score here; names of hosts (``HFILTER_…``) are not resolved at all."""

VERIFIER = """
use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS::Resolver;
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], port => $ARGV[0]));
my $verifier = Mail::DKIM::Verifier->new(); binmode STDIN; local $/;
$verifier->PRINT(scalar <STDIN>); $verifier->CLOSE;
print $verifier->result, " ", join(":", map { lc } $verifier->signature->headerlist), "\\n";
"""


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    records = {
        f"{SELECTOR}._domainkey.{DOMAIN}": record(RSA).decode(),
        f"_dmarc.{DOMAIN}": "v=DMARC1; p=reject; adkim=s; aspf=r",
        DOMAIN: f"v=spf1 ip4:{SENDER} -all",
        "bounces.example.org": f"v=spf1 ip4:{SENDER} -all",
    }
    with names(records, tmp_path_factory.mktemp("names")) as port:
        yield port


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    settings = configured(RSA, tmp_path_factory.mktemp("key"))
    channel = EmailChannel(settings, no_sender)
    made = {kind: channel.render(sheet(digest)) for kind, digest in KINDS.items()}
    letter = LETTERS["confirmation"]
    made["letter"] = write(letter, settings, to="reader@example.net", message_id=f"1@{DOMAIN}", date=AT)
    return made


def perl_says(mail: bytes, port: int) -> str:
    done = subprocess.run(
        [program("perl"), "-e", VERIFIER, str(port)],
        input=mail,
        capture_output=True,
        check=False,
        timeout=300,
    )
    if b"Can't locate Mail/DKIM" in done.stderr:
        pytest.skip("libmail-dkim-perl is not installed")
    return done.stdout.decode() or done.stderr.decode()


@pytest.mark.parametrize("kind", [*KINDS, "letter"])
def test_another_verifier_accepts_our_signature(kind: str, mails: dict[str, bytes], resolver: int) -> None:
    said = perl_says(mails[kind], resolver)
    assert said.startswith("pass "), said
    signed = set(said.split()[1].split(":"))
    assert signed >= {"from", "to", "subject", "date", "message-id", "mime-version", "content-type"}
    assert kind == "letter" or signed >= {"list-unsubscribe", "list-unsubscribe-post"}


def test_another_verifier_refuses_a_mail_that_lost_its_one_click_header(
    mails: dict[str, bytes], resolver: int
) -> None:
    header = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    assert header in mails["daily"]
    assert perl_says(mails["daily"].replace(header, b""), resolver).startswith("fail ")


@pytest.fixture(scope="module")
def rspamd(resolver: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("rspamd")
    places = [f"--var={name}={folder}" for name in ("DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR")]
    command = (program("rspamd"), "-c", "/etc/rspamd/rspamd.conf", "-i", "-f", *places)
    with held_port() as port, held_port() as control:
        set_up_rspamd(folder, resolver, port, control)
        with running(*command, port=port):
            yield port


def set_up_rspamd(folder: Path, resolver: int, port: int, control: int) -> None:
    local = folder / "local.d"
    local.mkdir()
    suffixes = folder / "suffixes"
    suffixes.write_text("org\nnet\n")
    (local / "options.inc").write_text(
        f'dns {{ nameserver = ["127.0.0.1:{resolver}"]; timeout = 2s; retransmits = 2; }}\n'
        f'url_tld = "{suffixes}";\ndisable_hyperscan = true;\n'
    )
    (local / "worker-normal.inc").write_text(f'bind_socket = "127.0.0.1:{port}";\ncount = 1;\n')
    (local / "worker-controller.inc").write_text(f'bind_socket = "127.0.0.1:{control}";\n')
    for part in ("worker-proxy.inc", "worker-fuzzy.inc", "fuzzy_check.conf", "rbl.conf", "surbl.conf"):
        (local / part).write_text("enabled = false;\n")


def rspamd_says(mail: bytes, port: int) -> dict[str, float]:
    """The symbols the filter saw, with what each adds to the score."""
    about = {"IP": SENDER, "From": sheet().bounce_address, "Helo": DOMAIN, "Rcpt": "reader@example.net"}
    said = requests.post(f"http://127.0.0.1:{port}/checkv2", data=mail, headers=about, timeout=300).json()
    return {name: float(symbol["score"]) for name, symbol in said["symbols"].items()}


@pytest.mark.parametrize("kind", list(KINDS))
def test_signature_sender_and_policy_align(kind: str, mails: dict[str, bytes], rspamd: int) -> None:
    symbols = rspamd_says(mails[kind], rspamd)
    assert symbols.keys() >= {"R_DKIM_ALLOW", "R_SPF_ALLOW", "DMARC_POLICY_ALLOW"}, sorted(symbols)


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_other_spam_filter_has_nothing_against_it(
    kind: str, mails: dict[str, bytes], rspamd: int
) -> None:
    against = {name for name, points in rspamd_says(mails[kind], rspamd).items() if points > 0}
    assert {name for name in against if not name.startswith("HFILTER_")} <= OF_THE_TEST.keys()


def test_a_changed_body_is_noticed(mails: dict[str, bytes], rspamd: int) -> None:
    symbols = rspamd_says(mails["daily"].replace(b"Twin Rollouts", b"Twin Rollout!"), rspamd)
    assert "R_DKIM_REJECT" in symbols
    assert "R_DKIM_ALLOW" not in symbols
