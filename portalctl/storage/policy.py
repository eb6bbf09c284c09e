"""What each scope of the policy sets itself; a scope is `practice` or a service's id."""

from __future__ import annotations

import json
from typing import Any

from portalctl.storage.engine import Transaction

PRACTICE = "practice"
"""The scope of the practice itself."""


def terms(tx: Transaction, scope: str) -> dict[str, Any]:
    """What a scope sets; nothing where it sets nothing."""
    row = tx.one("SELECT terms FROM policies WHERE scope = :scope", scope=scope)
    return _read(row["terms"]) if row else {}


def all_terms(tx: Transaction) -> dict[str, dict[str, Any]]:
    """What every scope sets."""
    return {row["scope"]: _read(row["terms"]) for row in tx.all("SELECT scope, terms FROM policies ORDER BY scope")}


def put(tx: Transaction, scope: str, values: dict[str, Any]) -> None:
    """Write what a scope sets, in place of what it set."""
    tx.run(
        "INSERT INTO policies (scope, terms) VALUES (:scope, :terms)"
        " ON CONFLICT (scope) DO UPDATE SET terms = excluded.terms",
        scope=scope,
        terms=json.dumps(values, sort_keys=True),
    )


def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
