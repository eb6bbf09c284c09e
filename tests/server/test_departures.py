"""Of many connections that are to end at once, a few do in each turn of the event loop, and none that is wanted."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from portalctl.server import departures, garbage
from portalctl.server.departures import BITE, Departures
from portalctl.server.protocol import BoundedProtocol
from portalctl.server.running import make_server
from tests.server.raw import PATIENCE, request
from tests.serving import GENEROUS

MANY = 10 * BITE + 1


def test_of_many_that_end_at_once_a_few_do_in_each_turn_and_in_order() -> None:
    async def run() -> tuple[list[int], Counter[int]]:
        loop = asyncio.get_running_loop()
        under_way, turn, ended, in_turn, done = Departures(), 0, [], Counter[int](), loop.create_future()

        def next_turn() -> None:
            nonlocal turn
            turn += 1
            if not done.done():
                loop.call_soon(next_turn)

        def end(number: int) -> None:
            ended.append(number)
            in_turn[turn] += 1
            if number == MANY - 1:
                done.set_result(None)

        next_turn()
        for number in range(MANY):
            under_way.add(loop, partial(end, number))
        await asyncio.wait_for(done, PATIENCE)
        return ended, in_turn

    ended, in_turn = asyncio.run(run())
    assert ended == list(range(MANY))
    assert max(in_turn.values()) == BITE


def test_those_that_come_one_by_one_do_not_get_round_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """While others have their time after a portion, whoever comes waits, even alone."""
    monkeypatch.setattr(departures, "BITE_SECONDS", 3600)

    async def run() -> list[str]:
        loop, under_way, told = asyncio.get_running_loop(), Departures(), list[str]()
        for name in ("one", "another"):
            under_way.add(loop, partial(told.append, name))
            for _ in range(5):
                await asyncio.sleep(0)
        return told

    assert asyncio.run(run()) == ["one"]


def test_one_that_fails_holds_no_other_up() -> None:
    async def run() -> tuple[list[str], list[str]]:
        loop, under_way, ended, told = asyncio.get_running_loop(), Departures(), list[str](), list[str]()
        loop.set_exception_handler(lambda _, context: told.append(str(context["exception"])))
        done = loop.create_future()
        for number in range(MANY):
            under_way.add(loop, lambda: _fail("broken") if not ended else None)
            under_way.add(loop, partial(ended.append, str(number)))
        under_way.add(loop, lambda: done.set_result(None))
        await asyncio.wait_for(done, PATIENCE)
        return ended, told

    ended, told = asyncio.run(run())
    assert len(ended) == MANY
    assert told == ["broken"]


def test_a_request_that_is_completed_before_the_connection_had_its_turn_is_answered() -> None:
    async def run() -> None:
        async with _served(head_seconds=0.01) as (held, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            whole = request("GET", "/")
            writer.write(whole[:10])
            end = await held.next()
            writer.write(whole[10:])
            await _answered(reader)
            end()
            writer.write(whole)
            await _answered(reader)
            writer.close()

    asyncio.run(run())


def test_a_request_that_comes_before_an_idle_connection_had_its_turn_is_answered() -> None:
    async def run() -> None:
        async with _served(idle_seconds=0) as (held, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request("GET", "/"))
            await _answered(reader)
            end = await held.next()
            writer.write(request("GET", "/"))
            await _answered(reader)
            await held.next()
            end()
            writer.write(request("GET", "/"))
            await _answered(reader)
            (await held.next())()
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
            writer.close()

    asyncio.run(run())


def test_everything_is_looked_through_in_a_quiet_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    cycle = _Cycle()
    alive = weakref.ref(cycle)
    gc.collect()
    del cycle
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, garbage.ENOUGH))
    garbage.collect_when_quiet(garbage.FEW + 1)
    assert alive() is not None
    garbage.collect_when_quiet(garbage.FEW)
    assert alive() is None


class _Cycle:
    def __init__(self) -> None:
        self.itself = self


class _Held(Departures):
    """Whoever is to end waits until the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._held: asyncio.Queue[Callable[[], None]] = asyncio.Queue()

    def add(self, loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:  # noqa: ARG002  as it is called
        self._held.put_nowait(end)

    async def next(self) -> Callable[[], None]:
        """How to end the next one."""
        return await asyncio.wait_for(self._held.get(), PATIENCE)


@asynccontextmanager
async def _served(**limits: Any) -> AsyncIterator[tuple[_Held, int]]:
    """A server of connections whose ends are held."""
    held, config = _Held(), make_server(PlainTextResponse("here"), GENEROUS._replace(**limits)).config
    config.load()
    state = type("State", (), {"connections": set(), "tasks": set(), "default_headers": [], "total_requests": 0})()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = await asyncio.get_running_loop().create_server(
            lambda: BoundedProtocol(config, state, {}, limits=GENEROUS._replace(**limits), departures=held),
            sock=listener,
        )
        async with server:
            yield held, listener.getsockname()[1]


async def _answered(reader: asyncio.StreamReader) -> None:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    assert head.startswith(b"HTTP/1.1 200")
    assert await asyncio.wait_for(reader.readexactly(4), PATIENCE) == b"here"


def _fail(message: str) -> None:
    raise ValueError(message)
