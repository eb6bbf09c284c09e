"""Whoever waits for messages holds no thread of the server: it waits in the event loop, between brief queries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from portalctl.server.site import THREADS
from tests.server.conftest import Served
from tests.server.raw import Wire, request
from tests.storage.on_postgres import wait_until

WATCHERS = 50
NEWS = "/conversations/news"


def cursor_of(served: Served, role: str = "client") -> str:
    """Where news begin for somebody."""
    found: str = served.ask("GET", NEWS, role).json()["cursor"]
    return found


def write(served: Served, role: str = "owner", **more: Any) -> str:
    """Write to Anna; the conversation's id."""
    content = {"to": served.house.existing["own client"], "subject": "News", "body": "Come.", **more}
    reply = served.ask("POST", "/conversations", role, content)
    assert reply.status == 200, reply.body
    found: str = reply.json()["id"]
    return found


@contextmanager
def watching(served: Served, count: int, seconds: int = 15) -> Iterator[list[Wire]]:
    """So many connections that wait for what reaches Anna."""
    cursor = cursor_of(served)
    head = {"Authorization": f"Bearer {served.house.tokens['client']}"}
    with ExitStack() as open_wires:
        wires = [open_wires.enter_context(Wire(served.serving.port)) for _ in range(count)]
        for wire in wires:
            wire.send(request("GET", f"{NEWS}?since={cursor}&wait_seconds={seconds}", head))
        yield wires


def test_fifty_watchers_keep_nobody_waiting_and_hear_of_what_comes(served: Served) -> None:
    """They are many times more than the server has threads, and still everybody else is answered."""
    assert WATCHERS > 10 * THREADS
    with watching(served, WATCHERS) as wires:
        for _ in range(3 * THREADS):
            assert served.ask("GET", "/practice", "client").status == 200
        conversation = write(served)
        for wire in wires:
            answer = wire.reply()
            assert answer.status == 200
            assert answer.json()["arrivals"] == [{"conversation_id": conversation, "number": 1}]


def test_a_watcher_is_told_when_its_time_is_up(served: Served) -> None:
    with watching(served, 1, seconds=1) as (wire,):
        answer = wire.reply()
        assert answer.json()["arrivals"] == []
    behind = served.ask("GET", f"{NEWS}?since={answer.json()['cursor']}", "client").json()
    assert behind == answer.json()


def test_a_watcher_without_a_cursor_learns_at_once_where_to_begin(shared: Served) -> None:
    answer = shared.ask("GET", f"{NEWS}?wait_seconds=15", "client").json()
    assert answer["arrivals"] == []


def test_a_watcher_whose_session_ends_is_turned_away(served: Served) -> None:
    """Within a query, though it began while the session was alive."""
    with watching(served, 1) as (wire,):
        assert served.ask("DELETE", "/sessions/current", "client").status == 204
        assert wire.reply().status == 401


def test_watchers_do_not_hold_up_a_server_that_stops(served: Served) -> None:
    """What they hear is that there is nothing yet."""
    in_flight = served.serving.site.metrics.in_flight._value
    with watching(served, 3) as wires:
        wait_until(lambda: in_flight.get() == 3)
        stopping = threading.Thread(target=served.serving.stop)
        stopping.start()
        assert [wire.reply().json()["arrivals"] for wire in wires] == [[], [], []]
        stopping.join()


@pytest.mark.parametrize("query", ["wait_seconds=16", "wait_seconds=-1", "since=x"])
def test_what_is_no_question_for_news_is_refused(shared: Served, query: str) -> None:
    assert shared.ask("GET", f"{NEWS}?{query}", "client").status == 422


def test_nobody_waits_without_a_session(shared: Served) -> None:
    assert shared.ask("GET", f"{NEWS}?wait_seconds=15").status == 401
