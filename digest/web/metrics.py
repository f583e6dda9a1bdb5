"""Metrics for Prometheus: counts and moments, never an address. Off unless ``web.metrics`` is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException

from digest.model import DayState, DeliveryState, SubscriberState
from digest.store import bounces, condition, statistics
from digest.store.bounces import Complaints
from digest.store.condition import Condition
from digest.store.statistics import Tally
from digest.web.desk import At, Desk

routes = APIRouter(include_in_schema=False)


@routes.get("/metrics")
def metrics(desk: At) -> Response:
    """The store's condition as gauges, counted every ten seconds at most; 404 unless switched on."""
    if not desk.house.settings.web.metrics:
        raise HTTPException(404)
    text = desk.counted.get(desk.clock(), lambda: _count(desk))
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _count(desk: Desk) -> bytes:
    now = desk.clock()
    with desk.reading() as session:
        tally = statistics.tally(session)
        complaints = bounces.complaints(session, now.date())
        found = condition.read(session, since=now.date(), today=now.date(), overdue_by=now, now=now)
    return exposition(tally, complaints, found, now)


def exposition(tally: Tally, complaints: Complaints, found: Condition, now: datetime) -> bytes:
    """The text a collector reads. Pure. States without anything in them are there with 0."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gauges(tally, complaints, found, now))
    return generate_latest(registry)


class _Gauges(Collector):
    def __init__(self, tally: Tally, complaints: Complaints, found: Condition, now: datetime) -> None:
        self.tally, self.complaints, self.found, self.now = tally, complaints, found, now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All gauges."""
        tally, found = self.tally, self.found
        yield GaugeMetricFamily("digest_papers", "Papers in the store.", tally.papers)
        yield _by_state("digest_dates", "Days of the source in the ledger, by state.", DayState, tally.days)
        yield _by_state("digest_subscribers", "Subscribers, by state.", SubscriberState, tally.subscribers)
        yield _by_state("digest_deliveries", "Deliveries kept, by state.", DeliveryState, tally.deliveries)
        yield GaugeMetricFamily(
            "digest_week_complaints", "Subscribers who called mail spam, this week.", self.complaints.count
        )
        yield GaugeMetricFamily("digest_week_mails", "Mails sent, this week.", self.complaints.mails)
        yield GaugeMetricFamily(
            "digest_oldest_waiting_seconds",
            "Age of the oldest delivery that is planned or deferred; 0 when none waits.",
            (self.now - found.oldest_waiting).total_seconds() if found.oldest_waiting else 0,
        )
        yield GaugeMetricFamily(
            "digest_overdue_slots",
            "Confirmed subscribers whose digest is due and not planned.",
            found.overdue,
        )
        collected = "digest_last_collect_timestamp_seconds"
        read = GaugeMetricFamily(collected, "When a day of the source was last read, in Unix time.")
        if found.read_at:
            read.add_metric([], found.read_at.timestamp())
        yield read
        yield self._circuits()

    def _circuits(self) -> GaugeMetricFamily:
        says = "Failures of counterparts that cannot be used now."
        family = GaugeMetricFamily("digest_open_circuit_failures", says, labels=["counterpart"])
        for one in self.found.circuits:
            family.add_metric([one.key], one.failures)
        return family


def _by_state(name: str, says: str, states: Iterable[str], counted: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=["state"])
    for state in states:
        family.add_metric([str(state)], counted.get(state, 0))
    return family
