"""Many values in one query: `IN (:id0, :id1, …)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def listed(name: str, values: Iterable[Any]) -> tuple[str, dict[str, Any]]:
    """What stands behind IN for these values, each once, and the parameters that it needs; none of them fits none."""
    parameters = {f"{name}{number}": value for number, value in enumerate(dict.fromkeys(values))}
    return f"({', '.join(':' + each for each in parameters) or 'NULL'})", parameters
