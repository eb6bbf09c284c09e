"""The figures for Prometheus: what is asked, how it went and how long it took, and nobody's name."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from portalctl.server.senders import networks
from tests.domain.house import House
from tests.server.conftest import Served, served_copy


def _figures(served: Served) -> dict[tuple[str, ...], float]:
    text = served.ask("GET", "/metrics").body.decode()
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "le")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("le", "+Inf") == "+Inf"
    }


def test_requests_are_counted_and_timed_by_operation_and_status(served: Served) -> None:
    for role in ("client", "owner", None):
        served.ask("GET", "/appointments", role)
    served.ask("GET", "/nobody-asked-for-this")
    figures = _figures(served)
    assert figures["portal_requests_total", "appointments.list", "200"] == 2
    assert figures["portal_requests_total", "appointments.list", "401"] == 1
    assert figures["portal_requests_total", "unknown", "404"] == 1
    assert figures["portal_request_seconds_count", "appointments.list"] == 3
    assert figures["portal_requests_in_flight",] == 1
    assert figures["portal_operations_waiting_or_running", "rules"] == 0
    assert figures["portal_ready",] == 1


def test_the_mail_that_waits_is_counted(served: Served) -> None:
    before = _figures(served)["portal_outbox_waiting",]
    served.ask("POST", "/invites", "owner", {"email": "new@example.com", "name": "New"})
    assert _figures(served)["portal_outbox_waiting",] == before + 1


def test_no_label_is_made_of_what_somebody_sent(served: Served) -> None:
    for path in ("/canary", "/appointments/canary", "/clients/canary", "/practice?canary=1"):
        served.ask("GET", path, "owner", headers={"X-Request-ID": "canary.canary"})
    served.ask("CANARY", "/practice")
    text = served.ask("GET", "/metrics").body.decode()
    assert "canary" not in text.lower()


def test_figures_are_for_this_machine_and_for_whom_they_are_meant(furnished: House, tmp_path: Path) -> None:
    """A request that a proxy on this machine passes on is not this machine's."""
    with served_copy(furnished, tmp_path / "a") as served:
        answer = served.ask("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
        assert (answer.status, answer.code) == (404, "no_such_operation")
    with served_copy(furnished, tmp_path / "b", metrics_from=tuple(networks(["127.0.0.0/8"]))) as served:
        assert served.ask("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status == 200
