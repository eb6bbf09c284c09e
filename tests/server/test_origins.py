"""Where a session began, and with what, as a server tells it."""

from __future__ import annotations

import pytest

from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD
from tests.server.conftest import Served


@pytest.mark.parametrize(
    ("agent", "kept"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
        ("a\x9bb\xadc\td", "abcd"),
        ("x" * 1000, "x" * 200),
        (" ", "unknown"),
    ],
)
def test_a_session_says_what_began_it_and_from_where(served: Served, agent: str, kept: str) -> None:
    """What a program calls itself is text from a stranger: short, and nothing in it is invisible."""
    signed_in = served.ask(
        "POST", "/sessions", None, {"email": ANNA_EMAIL, "password": ANNA_PASSWORD}, headers={"User-Agent": agent}
    )
    assert signed_in.status == 200
    devices = {each["device"]: each["address"] for each in served.ask("GET", "/sessions", "client").json()}
    assert devices[kept] == "127.0.0.1"
