"""What waits for a scanner, at the command line: it is shown as such, is read by nobody, and can be released."""

from __future__ import annotations

from pathlib import Path

import pytest

from portalctl.storage import scans
from portalctl.storage.sqlite import SqliteStore
from tests.cli.asking import refused
from tests.cli.conftest import Cli


@pytest.fixture
def document(cli: Cli, tmp_path: Path) -> str:
    """A file of Anna's own that waits."""
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Dr Rossi,\n")
    made = cli.ok("docs", "upload", str(letter), "--json", profile="anna").data[0]["document_id"]
    store = SqliteStore(cli.home / "data" / "portal.db")
    with store.writing() as tx:
        scans.put(tx, [made], 0, notify=False)
    store.close()
    return str(made)


def test_what_waits_is_shown_and_is_read_by_nobody(cli: Cli, document: str, tmp_path: Path) -> None:
    for profile in ("anna", "practice"):
        assert "in quarantine" in cli.ok("docs", "list", profile=profile).out
        assert "waiting" in cli.ok("docs", "show", document, profile=profile).out
        saved = str(tmp_path / "saved.txt")
        refused(cli("docs", "download", document, "-o", saved, profile=profile), "no scanner has passed", code=5)
        refused(cli("docs", "view", document, profile=profile), "no scanner has passed", code=5)
    mirror = cli.ok("docs", "pull", str(tmp_path / "mirror"), "--json", profile="anna").data
    assert [(each["document_id"], each["status"], each["file"]) for each in mirror] == [(document, "quarantined", None)]


def test_a_copy_of_the_account_names_what_waits(cli: Cli, document: str) -> None:
    report = cli("account", "export", str(cli.home / "anna.zip"), "--json", profile="anna")
    assert [line.partition(":")[0] for line in report.data["unread"]] == [document]


def test_an_owner_sees_what_is_held_back_and_releases_it(cli: Cli, document: str) -> None:
    assert cli.ok("practice", "quarantine", "list", "--format", "ids", profile="practice").out.split() == [document]
    assert cli("practice", "quarantine", "release", document, "--yes", profile="anna").code == 5
    cli.ok("practice", "quarantine", "release", document, "--yes", profile="practice")
    assert cli.ok("practice", "quarantine", "list", "--json", profile="practice").data == []
    assert cli.ok("docs", "view", document, profile="practice").out == "Dear Dr Rossi,\n"
