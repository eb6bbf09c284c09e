"""What a password costs in tests: argon2id as always, in memory that is filled at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from portalctl.domain import passwords

_LITTLE = 64
"""KiB. The 46 MiB of a real hash take a tenth of a second, thousands of times in a run."""

_SHIPPED = (passwords.MEMORY, passwords.NOBODY)


@pytest.fixture(scope="session", autouse=True)
def _little_memory() -> Iterator[None]:
    nobody = PasswordHasher(time_cost=1, memory_cost=_LITTLE, parallelism=1).hash("nobody knows it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "MEMORY", _LITTLE)
        patch.setattr(passwords, "NOBODY", nobody)
        yield


@pytest.fixture
def shipped_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost what they cost outside of tests."""
    memory, nobody = _SHIPPED
    monkeypatch.setattr(passwords, "MEMORY", memory)
    monkeypatch.setattr(passwords, "NOBODY", nobody)
