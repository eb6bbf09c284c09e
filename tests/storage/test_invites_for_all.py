"""The step of the schema that lets relatives be invited makes the table of invites anew: nothing of it is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from portalctl.storage import invites, migrations
from portalctl.storage.engine import Store
from portalctl.storage.stores import open_store
from tests.storage.portals import make

STEP = 10
OPEN: dict[str, Any] = {"kind": "client", "person_id": "cli_1", "name": "Anna", "created_at": 5, "expires_at": 9}


@contextmanager
def before_the_step(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The program as it was: what came with the step and after it is not there."""
    with monkeypatch.context() as patch:
        shutil.copytree(migrations.SCHEMA, folder)
        for file in folder.glob("*/*.sql"):
            if int(file.stem[:4]) >= STEP:
                file.unlink()
        patch.setattr(migrations, "SCHEMA", folder)
        yield


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a portal is to be, in either engine."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/portal.db"
    found: str = request.getfixturevalue("postgres_url")
    return found


def opened(url: str) -> Store:
    """The store of the portal there, brought up to date."""
    if url.startswith("sqlite://"):
        path = Path(url.removeprefix("sqlite://"))
        if not path.exists():
            make(path)
    return open_store(url, create=True)


def test_invites_outlive_that_relatives_are_invited_too(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what became of each; and still an address has one that is open."""
    with before_the_step(tmp_path / "schema", monkeypatch):
        old = opened(url)
        with old.writing() as tx:
            for number in range(3):
                invites.insert(tx, id=f"inv_{number}", email=f"{number}@example.com", **OPEN)
            assert invites.redeem(tx, "inv_0", 6)
            assert invites.revoke(tx, "inv_1", 7)
        with old.reading() as tx:
            kept = invites.page(tx, after=None, limit=10)
        old.close()
    new = opened(url)
    with new.writing() as tx:
        assert invites.page(tx, after=None, limit=10) == kept
        invites.insert(tx, id="inv_3", email="rosa@example.com", **{**OPEN, "kind": "related"})
    for wrong in ({"email": "2@example.com"}, {"email": "max@example.com", "kind": "friend"}):
        with pytest.raises(Exception, match=r"(?i)unique|check"), new.writing() as tx:
            invites.insert(tx, id="inv_4", **{**OPEN, **wrong})
    new.close()
