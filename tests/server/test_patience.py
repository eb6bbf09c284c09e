"""A payment provider that does not answer holds up who waits for it, and nobody else."""

from __future__ import annotations

import threading
from pathlib import Path

from portalctl.gateways.keys import StripeKeys
from portalctl.server.site import PAYMENT_THREADS, THREADS
from tests.domain.house import House
from tests.gateways.faulty_road import Fate, faulty_road
from tests.server.conftest import served_copy
from tests.server.raw import Reply


def test_everybody_else_is_answered_while_all_wait_for_stripe(
    furnished: House, tmp_path: Path, localstripe: StripeKeys
) -> None:
    waiting = max(PAYMENT_THREADS, THREADS) + 1
    with faulty_road(localstripe.api_base) as road:
        arrived = threading.Semaphore(0)

        def stall(_method: str, _path: str) -> Fate:
            arrived.release()
            return Fate.STALLS

        road.choose = stall
        keys = localstripe._replace(api_base=road.url)
        with served_copy(furnished, tmp_path, stripe=keys) as served:
            assert served.ask("PATCH", "/policy", "owner", {"payment_gateway": "stripe"}).status == 200
            answers: list[Reply] = []

            def open_page() -> None:
                answers.append(served.ask("POST", "/payment-methods/setups", "client", {}))

            callers = [threading.Thread(target=open_page) for _ in range(waiting)]
            for caller in callers:
                caller.start()
            for _ in range(PAYMENT_THREADS):
                assert arrived.acquire(timeout=60)
            assert served.ask("GET", "/appointments", "client").status == 200
            assert served.ask("GET", "/payment-methods/gateway", "client").json()["name"] == "stripe"
            assert answers == []
            road.open.set()
            for caller in callers:
                caller.join()
            assert {(answer.status, answer.code) for answer in answers} == {(502, "gateway_unreachable")}
