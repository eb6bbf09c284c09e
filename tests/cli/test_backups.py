"""`practice backup` and `practice restore`: there and back by the command line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from portalctl.storage.sqlite import SqliteStore
from tests.cli.asking import appointments, book, refused
from tests.cli.conftest import ANNA_PASSWORD, Cli


def portal_file(cli: Cli) -> Path:
    return cli.home / "data" / "portal.db"


@pytest.fixture
def file(cli: Cli) -> Path:
    """A backup of the practice with one appointment of Anna's."""
    book(cli)
    file = cli.home / "rossi.portal"
    cli.ok("practice", "backup", str(file), profile="practice")
    return file


def test_what_was_backed_up_comes_back_on_a_machine_that_has_nothing(cli: Cli, file: Path) -> None:
    """With its clients and appointments; whoever had an account signs in again."""
    before = appointments(cli)
    key = cli.home / "kept.key"
    key.write_bytes(portal_file(cli).with_name("portal.db.key").read_bytes())
    for found in portal_file(cli).parent.iterdir():
        found.unlink()
    done = cli.ok("practice", "restore", str(file), "--key", str(key), profile="practice")
    assert "sign in with portalctl login" in done.err
    assert cli("appointments", "list", profile="anna").code == 4
    cli.ok("login", "--password-stdin", profile="anna", stdin=ANNA_PASSWORD)
    assert appointments(cli) == before


def test_a_backup_is_reported_with_the_checksum_of_its_file_and_where_the_key_is(cli: Cli) -> None:
    file = cli.home / "rossi.portal"
    done = cli.ok("practice", "backup", str(file), "--json", profile="practice")
    assert done.data["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert done.data["bytes"] == file.stat().st_size
    assert done.data["practice"] == "Studio Rossi"
    assert f"keep a copy of {portal_file(cli)}.key apart" in done.err


def test_a_backup_is_recorded_and_the_record_is_in_it(cli: Cli, file: Path) -> None:
    cli.ok("practice", "restore", str(file), "--replace", "--yes", profile="practice")
    store = SqliteStore(portal_file(cli))
    with store.reading() as tx:
        rows = tx.all("SELECT action, actor, role FROM audit WHERE chain = 'practice' ORDER BY position DESC LIMIT 2")
    store.close()
    assert [row["action"] for row in rows] == ["practice.restore", "practice.backup"]
    assert [row["role"] for row in rows] == ["local", "owner"]


def test_only_the_owner_backs_up(cli: Cli) -> None:
    """A client and somebody who is not signed in are refused, and no file is made."""
    file = cli.home / "rossi.portal"
    refused(cli("practice", "backup", str(file), profile="anna"), code=5)
    refused(cli("practice", "backup", str(file), profile="nobody"), code=4)
    assert not file.exists()


def test_a_backup_replaces_no_file(cli: Cli, file: Path) -> None:
    before = file.read_bytes()
    refused(cli("practice", "backup", str(file), profile="practice"), str(file), "exists already")
    assert file.read_bytes() == before


def test_a_portal_is_replaced_only_when_asked_and_agreed(cli: Cli, file: Path) -> None:
    """Without a terminal the agreement is a flag."""
    before = portal_file(cli).read_bytes()
    refused(cli("practice", "restore", str(file), profile="practice"), "--replace", code=5)
    refused(cli("practice", "restore", str(file), "--replace", profile="practice"), "--yes")
    assert portal_file(cli).read_bytes() == before


def test_a_rollback_is_told(cli: Cli, file: Path) -> None:
    """How much is lost, and where the replaced file is."""
    book(cli)
    done = cli.ok("practice", "restore", str(file), "--replace", "--yes", "--json", profile="practice")
    assert (done.data["changes_lost"], done.data["is_earlier"]) == (1, True)
    assert Path(done.data["replaced"]).exists()
    assert "lost with it: 1." in done.err
    assert done.data["replaced"] in done.err


def test_an_open_invite_does_not_live_again(cli: Cli) -> None:
    """Its link was for the portal as it was; the practice invites anew."""
    file = cli.home / "rossi.portal"
    link = cli.ok("practice", "invite", "c@example.com", "--name", "C", "--json", profile="practice").data["link"]
    cli.ok("practice", "backup", str(file), profile="practice")
    assert (
        cli.ok("practice", "restore", str(file), "--replace", "--yes", "--json", profile="practice").data[
            "links_revoked"
        ]
        == 1
    )
    options = ("--profile", "c", "--password-stdin", "--store", "file")
    refused(cli("signup", link, *options, stdin="walnut harbour cobalt nine"), code=4)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda content: content[:-500], 8),
        (lambda content: content[:999] + b"?" + content[1000:], 8),
        (lambda _: b"?", 2),
    ],
    ids=["cut short", "changed", "something else"],
)
def test_a_file_that_is_no_whole_backup_changes_nothing(cli: Cli, file: Path, spoil: object, code: int) -> None:
    assert callable(spoil)
    file.write_bytes(spoil(file.read_bytes()))
    before = portal_file(cli).read_bytes()
    refused(cli("practice", "restore", str(file), "--replace", "--yes", profile="practice"), str(file), code=code)
    assert portal_file(cli).read_bytes() == before


def test_a_file_that_is_not_there_is_wrong_input(cli: Cli) -> None:
    refused(cli("practice", "restore", str(cli.home / "nothing"), "--replace", profile="practice"), "there is no file")


def test_a_wrong_field_is_refused_before_anything_is_written(cli: Cli, file: Path) -> None:
    other = cli.home / "other.portal"
    refused(cli("practice", "backup", str(other), "--fields", "nope", profile="practice"), "sha256")
    refused(cli("practice", "restore", str(file), "--replace", "--yes", "--fields", "nope", profile="practice"))
    assert not other.exists()
    assert len(list(portal_file(cli).parent.glob("portal.db.replaced*"))) == 0


def test_a_damaged_portal_names_the_way_back_which_works(cli: Cli, file: Path) -> None:
    """From the refusal to the restored portal."""
    content = bytearray(portal_file(cli).read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    portal_file(cli).write_bytes(content)
    refused(cli("appointments", "list", profile="anna"), "portalctl practice restore FILE", code=8)
    assert portal_file(cli).read_bytes() == bytes(content)
    done = cli.ok("practice", "restore", str(file), "--replace", "--yes", "--json", profile="practice")
    assert done.data["changes_lost"] is None
    cli.ok("login", "--password-stdin", profile="anna", stdin=ANNA_PASSWORD)
    assert len(appointments(cli)) == 1
