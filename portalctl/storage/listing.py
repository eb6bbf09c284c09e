"""Many values in one query: `IN (:id0, :id1, …)`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any


def listed(name: str, values: Iterable[Any]) -> tuple[str, dict[str, Any]]:
    """What stands behind IN for these values, each once, and the parameters that it needs; none of them fits none."""
    wanted = list(dict.fromkeys(values))
    places, names = _places(name, len(wanted))
    return places, dict(zip(names, wanted, strict=True))


@lru_cache(maxsize=100)
def _places(name: str, count: int) -> tuple[str, tuple[str, ...]]:
    names = tuple(f"{name}{number}" for number in range(count))
    return f"({', '.join(':' + each for each in names) or 'NULL'})", names
