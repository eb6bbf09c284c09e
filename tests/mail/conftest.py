"""Practices whose letters are sent, and the server that takes them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.conftest import Authority
from tests.domain.conftest import FakeClock
from tests.mail.practice import Practice, practising
from tests.mail.relay import MailServer, mail_server


@pytest.fixture
def clock() -> FakeClock:
    """Monday 2026-03-02, 09:00 in Rome, until the test moves it."""
    return FakeClock()


@pytest.fixture
def relay() -> Iterator[MailServer]:
    """A mail server that takes everything until it is told otherwise."""
    with mail_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def everywhere(request: pytest.FixtureRequest) -> Practice:
    """A practice on either engine."""
    name = "practice" if request.param == "sqlite" else "_served"
    made: Practice = request.getfixturevalue(name)
    return made


@pytest.fixture
def _served(postgres_url: str, clock: FakeClock) -> Iterator[Practice]:
    with practising(postgres_url, clock) as practice:
        yield practice


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished practice to copy, and its owner's session."""
    file = tmp_path_factory.mktemp("mailing") / "portal.db"
    with practising(f"sqlite://{file}", FakeClock()) as practice:
        token = practice.session
    return file, token


@pytest.fixture
def practice(_template: tuple[Path, str], tmp_path: Path, clock: FakeClock) -> Iterator[Practice]:
    """A practice in a file."""
    file, owner = _template
    shutil.copytree(file.parent, tmp_path / "portal")
    with practising(f"sqlite://{tmp_path / 'portal' / file.name}", clock, owner=owner) as practice:
        yield practice


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who vouches for relays; nobody believes it by itself."""
    return Authority(tmp_path_factory.mktemp("authority"))
