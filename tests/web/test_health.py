"""Alive and ready: a load balancer is told what it can mend, a person all that is wrong."""

from __future__ import annotations

from datetime import time, timedelta

from digest.store import circuits
from digest.store.database import transaction
from tests.web.conftest import Site


def test_a_process_without_problems_is_ready(site: Site) -> None:
    answer = site.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "because": [], "problems": []})


def test_a_source_that_was_not_read_lately_makes_it_unready(site: Site) -> None:
    site.clock.later(hours=7)
    answer = site.get("/readyz")
    assert answer.status_code == 503
    assert "source" in answer.json()["because"][0]


def test_slots_that_are_overdue_make_it_unready(site: Site) -> None:
    site.join(timezone="UTC", send_at=time(20, 10))
    site.clock.later(minutes=100)
    answer = site.get("/readyz")
    assert answer.status_code == 503
    assert [text.split(",")[0] for text in answer.json()["because"]] == ["1 digests are overdue"]


def test_other_problems_are_listed_and_leave_it_ready(site: Site) -> None:
    now = site.clock()
    with transaction(site.engine) as session:
        for _ in range(2):
            circuits.trip(session, "email", "550 not you", now=now, probe_at=now + timedelta(hours=1))
    answer = site.get("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.json()["because"]) == (200, True, [])
    assert "550 not you" in answer.json()["problems"][0]


def test_another_schema_makes_it_unready_and_alive_still(site: Site) -> None:
    with site.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    answer = site.get("/readyz")
    assert answer.status_code == 503
    assert "newer" in answer.json()["because"][0]
    site.engine.dispose()
    assert site.get("/healthz").text == "ok\n"


def test_a_store_out_of_reach_makes_it_unready(site: Site) -> None:
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE days")
    answer = site.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
