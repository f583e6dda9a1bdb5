"""What the DNS lacks is said with what to publish, as receivers would find it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from digest.channels.mail_records import faults, lookup_at
from digest.config import EmailSettings
from digest.errors import DeliveryError
from tests.channels.dns_server import names
from tests.channels.test_dkim import DOMAIN, RSA, SELECTOR, configured, record

KEY = f"{SELECTOR}._domainkey.{DOMAIN}"
GOOD = {
    DOMAIN: "v=spf1 ip4:198.51.100.7 -all",
    f"_dmarc.{DOMAIN}": "v=DMARC1; p=quarantine",
    KEY: record(RSA).decode(),
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> EmailSettings:
    return configured(RSA, tmp_path_factory.mktemp("key"))


def found(settings: EmailSettings, records: Mapping[str, str]) -> list[str]:
    return [detail for detail, _ in faults(settings, lambda name: [records[name]] if name in records else [])]


def test_records_as_they_should_be_leave_nothing_to_say(settings: EmailSettings) -> None:
    assert found(settings, GOOD) == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (DOMAIN, "", "has no SPF record"),
        (DOMAIN, "v=spf10 -all", "has no SPF record"),
        (f"_dmarc.{DOMAIN}", "", "has no DMARC record"),
        (f"_dmarc.{DOMAIN}", "v=DMARC1; rua=mailto:x@example.org", "names no single policy"),
        (KEY, "", "holds no key"),
        (KEY, record(rsa.generate_private_key(65537, 2048)).decode(), "holds another key"),
    ],
)
def test_each_record_that_is_missing_or_wrong_is_named(
    settings: EmailSettings, name: str, value: str, words: str
) -> None:
    records = {key: text for key, text in (GOOD | {name: value}).items() if text}
    (detail,) = found(settings, records)
    assert words in detail


def test_two_spf_records_count_as_none(settings: EmailSettings) -> None:
    doubled = {DOMAIN: ["v=spf1 -all", "v=spf1 ~all"]}
    details = [detail for detail, _ in faults(settings, lambda name: doubled.get(name, [GOOD[name]]))]
    assert details == [f"{DOMAIN}, where mail returns to, has 2 SPF records, which counts as none"]


def test_the_policy_of_the_domain_above_counts(settings: EmailSettings) -> None:
    above = DOMAIN.partition(".")[2]
    records = {key: text for key, text in GOOD.items() if not key.startswith("_dmarc")}
    assert found(settings, records | {f"_dmarc.{above}": "v=DMARC1; p=reject"}) == []


def test_mail_that_others_sign_is_not_asked_for_its_key(settings: EmailSettings) -> None:
    unsigned = settings.model_copy(update={"dkim_key_file": None, "dkim_selector": ""})
    assert found(unsigned, {key: text for key, text in GOOD.items() if key != KEY}) == []


@pytest.mark.counterpart
def test_a_real_name_server_is_asked(settings: EmailSettings, tmp_path: Path) -> None:
    with names(GOOD, tmp_path) as port:
        look_up = lookup_at(f"127.0.0.1:{port}")
        assert list(faults(settings, look_up)) == []
        assert look_up("nothing.example.org") == []


def test_a_name_server_that_is_silent_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.channels.mail_records.SECONDS", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        look_up = lookup_at(f"127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(DeliveryError, match=r"no answer for example\.org"):
            look_up("example.org")


def test_a_name_server_that_is_none_is_refused() -> None:
    with pytest.raises(DeliveryError, match="no name server"):
        lookup_at("127.0.0.1:many")("example.org")
