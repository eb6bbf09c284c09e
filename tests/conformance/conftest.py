"""What the backends under test share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mail.relay import MailServer, mail_server


@pytest.fixture(scope="session")
def letters() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as server:
        yield server
