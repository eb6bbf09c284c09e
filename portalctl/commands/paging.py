"""Reading a list page by page, as far as asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from pydantic import BaseModel

from portalctl.models.values import Page
from portalctl.output.output import Output

Item = TypeVar("Item", bound=BaseModel)

PAGE = 1000
SHOWN = 100
"""How many items a list shows unless told otherwise."""


def collect(
    fetch: Callable[[str | None, int], Page[Item]], limit: int | None, output: Output, more: str
) -> Iterator[Item]:
    """Items of consecutive pages as they are read, up to `limit`; None means all.

    Says `more` when there are more than asked for.
    """
    given = 0
    cursor: str | None = None
    while limit is None or given < limit:
        page = fetch(cursor, PAGE if limit is None else min(PAGE, limit - given))
        yield from page.items
        given += len(page.items)
        cursor = page.next
        if cursor is None:
            return
    output.say(f"Showing the first {given}: {more}")
