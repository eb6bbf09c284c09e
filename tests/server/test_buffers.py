"""Memory that a server keeps for what arrives next."""

from __future__ import annotations

import ctypes

import pytest

from portalctl.server.buffers import keep_buffers


def test_a_c_library_that_knows_nothing_of_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert keep_buffers() is False


def test_gnus_keeps_them() -> None:
    assert keep_buffers() is hasattr(ctypes.CDLL(None), "mallopt")
