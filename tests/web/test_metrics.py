"""Metrics: valid by the parser of Prometheus' own library, true, and without a name in them."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from digest.bootstrap import prepare_rules
from digest.model import DeliveryState, SubscriberState
from digest.pipeline.prepare import prepare
from digest.store import circuits
from digest.store.database import transaction
from tests.web.conftest import Build, Site


def samples(text: str) -> dict[tuple[str, str], float]:
    """(name, first label's value) → value."""
    return {
        (one.name, next(iter(one.labels.values()), "")): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.fixture
def lived(build: Build) -> Site:
    """A site with a prepared digest that waits for half an hour, and a mail server that refuses us."""
    site = build(metrics=True)
    ada = site.join()
    site.join(address="bob@example.org", confirmed=False)
    assert ada.next_due_at is not None
    site.clock.now = ada.next_due_at
    prepare(site.engine, prepare_rules(site.house.settings), now=site.clock())
    with transaction(site.engine) as session:
        circuits.trip(session, "email", "550 ada@example.org", now=site.clock(), probe_at=site.clock())
    site.clock.later(minutes=30)
    return site


def test_there_are_none_unless_they_are_switched_on(site: Site) -> None:
    assert site.get("/metrics").status_code == 404


def test_the_numbers_are_those_of_the_store(lived: Site) -> None:
    answer = lived.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = samples(answer.text)
    assert found["digest_papers", ""] > 50
    assert sum(value for (name, _), value in found.items() if name == "digest_dates") == 3
    states = {state: found["digest_subscribers", state] for state in SubscriberState}
    assert {state for state, number in states.items() if number} == {
        SubscriberState.CONFIRMED,
        SubscriberState.UNCONFIRMED,
    }
    assert {state: found["digest_deliveries", state] for state in DeliveryState if state != "planned"} == (
        dict.fromkeys((state for state in DeliveryState if state != "planned"), 0.0)
    )
    assert found["digest_deliveries", "planned"] == 1
    assert found["digest_oldest_waiting_seconds", ""] == timedelta(minutes=30).total_seconds()
    assert found["digest_overdue_slots", ""] == 0
    assert (found["digest_week_complaints", ""], found["digest_week_mails", ""]) == (0, 0)
    assert 0 < found["digest_last_collect_timestamp_seconds", ""] < lived.clock().timestamp()
    assert found["digest_open_circuit_failures", "email"] == 1


def test_an_impatient_scraper_costs_no_more_than_a_patient_one(lived: Site) -> None:
    first = lived.get("/metrics").text
    lived.join(address="carl@example.org")
    lived.clock.later(seconds=9)
    assert lived.get("/metrics").text == first
    lived.clock.later(seconds=1)
    assert samples(lived.get("/metrics").text)["digest_subscribers", "confirmed"] == 2


def test_they_name_nobody(lived: Site) -> None:
    text = lived.get("/metrics").text
    assert "@" not in text
    assert "example" not in text


def test_a_store_that_was_never_filled_has_metrics_too(build: Build) -> None:
    site = build(metrics=True)
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM days")
    found = samples(site.get("/metrics").text)
    assert ("digest_last_collect_timestamp_seconds", "") not in found
    assert found["digest_oldest_waiting_seconds", ""] == 0


@pytest.mark.counterpart
def test_promtool_finds_nothing_to_mend(lived: Site) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=lived.get("/metrics").content,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
