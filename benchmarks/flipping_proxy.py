"""A proxy on loopback that flips one bit of what passes through it, anywhere in the body of a message."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.dropping_proxy import DroppingProxy, Message

Chosen = Callable[[str], bool]
"""Says of a request's first line whether its message is one to be damaged."""


def flipped(content: bytes, bit: int) -> bytes:
    """The same bytes with one bit changed."""
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


class FlippingProxy(DroppingProxy):
    """Flips a bit in the body of each chosen request, and in that of the answer to each other chosen one.

    `flips` counts the bits; `answers` has the status that the server gave to each damaged request.
    """

    def __init__(self, upstream: tuple[str, int], sent: Chosen, read: Chosen, chance: random.Random) -> None:
        super().__init__(upstream)
        self.flips = 0
        self.answers: list[int] = []
        self._sent, self._read, self._chance = sent, read, chance
        self._counting = threading.Lock()

    def on_the_way(self, request: Message) -> Message:
        """Damage a request that is chosen."""
        return self._damaged(request) if request.body and self._sent(_first_line(request)) else request

    def on_the_way_back(self, request: Message, answer: Message) -> Message:
        """Damage an answer that is chosen."""
        if request.body and self._sent(_first_line(request)):
            with self._counting:
                self.answers.append(int(answer.head.split(b" ", 2)[1]))
        return self._damaged(answer) if answer.body and self._read(_first_line(request)) else answer

    def _damaged(self, message: Message) -> Message:
        with self._counting:
            self.flips += 1
            bit = self._chance.randrange(8 * len(message.body))
        return message._replace(body=flipped(message.body, bit))


def _first_line(message: Message) -> str:
    return message.head.partition(b"\r\n")[0].decode("latin-1")


@contextmanager
def flipping_proxy(port: int, sent: Chosen, read: Chosen, chance: random.Random) -> Iterator[FlippingProxy]:
    """A proxy in threads of this process, before a server on a port of 127.0.0.1."""
    proxy = FlippingProxy(("127.0.0.1", port), sent, read, chance)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
