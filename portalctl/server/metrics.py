"""Figures for Prometheus. Labels are operations, methods of ours and statuses: never an id, a name or an address.

Several workers add theirs up through files in the folder that PROMETHEUS_MULTIPROC_DIR names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from portalctl import __version__

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

MEDIA_TYPE = CONTENT_TYPE_LATEST

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The figures of one server process."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        self._requests = Counter(
            "portal_requests_total", "Requests answered.", ("operation", "status"), registry=self._own
        )
        self._seconds = Histogram(
            "portal_request_seconds",
            "Time from a request's head to its answer.",
            ("operation",),
            buckets=_BUCKETS,
            registry=self._own,
        )
        self.in_flight = Gauge(
            "portal_requests_in_flight",
            "Requests being answered.",
            registry=self._own,
            multiprocess_mode="livesum",
        )
        self.at_work = Gauge(
            "portal_operations_waiting_or_running",
            "Operations in the pools of threads, waiting ones included.",
            ("pool",),
            registry=self._own,
            multiprocess_mode="livesum",
        )
        self._counts: dict[tuple[str, int], Counter] = {}
        self._times: dict[str, Histogram] = {}

    def count(self, operation: str, status: int, seconds: float) -> None:
        """One request was answered."""
        counter = self._counts.get((operation, status))
        if counter is None:
            counter = self._counts[operation, status] = self._requests.labels(operation, str(status))
            self._times[operation] = self._seconds.labels(operation)
        counter.inc()
        self._times[operation].observe(seconds)

    def page(self, now: Mapping[str, float]) -> bytes:
        """Everything as Prometheus reads it, with figures that are as they are `now`."""
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        else:
            registry = self._own
        momentary = CollectorRegistry()
        momentary.register(_Momentary(now))
        return generate_latest(registry) + generate_latest(momentary)


class _Momentary(Collector):
    """Figures that are asked for when they are wanted."""

    def __init__(self, now: Mapping[str, float]) -> None:
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """Each as it is at this moment."""
        for name, value in self._now.items():
            yield GaugeMetricFamily(name, "As it is at this moment.", value=value)
        build = GaugeMetricFamily("portal_build", "The version of portalctl.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build


def forget_worker(pid: int, environment: Mapping[str, str]) -> None:
    """Drop the live figures of a worker that has ended."""
    if FOLDER in environment:
        mark_process_dead(pid, environment[FOLDER])  # type: ignore[no-untyped-call]
