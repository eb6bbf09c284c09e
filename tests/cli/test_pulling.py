"""A mirror of what one sees: only what is missing is fetched, and nothing that somebody changed here is touched."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from portalctl.transfer.landing import Folder
from portalctl.transfer.mirror_index import DAMAGED, NAME
from tests.cli.conftest import ANNA_PASSWORD, Cli, Result

TEXTS = {"letter.txt": "Dear Anna,\n", "report.txt": "All is well.\n"}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The mirror's folder, which is not there yet."""
    return tmp_path / "records" / "mirror"


def send(cli: Cli, folder: Path, name: str, text: str, *options: str, profile: str = "practice") -> Any:
    """What is told of a file that is sent."""
    (folder / name).write_text(text)
    return cli.ok("docs", "upload", str(folder / name), *options, "--json", profile=profile).data[0]


def pull(cli: Cli, target: Path, *options: str, profile: str = "anna") -> Result:
    """Have the mirror up to date."""
    return cli.ok("docs", "pull", str(target), *options, "--json", profile=profile)


def told(result: Result) -> dict[str, str]:
    """What became of each file, by its name."""
    return {Path(each["file"] or each["document_id"]).name: each["status"] for each in result.data}


def files(target: Path) -> dict[str, str]:
    """What there is in a mirror."""
    found = [path for path in target.rglob("*") if path.is_file() and path.name != NAME]
    return {str(path.relative_to(target)): path.read_text() for path in found}


@pytest.fixture
def shared(cli: Cli, tmp_path: Path) -> Cli:
    """Anna has two letters, one of them in a folder."""
    send(cli, tmp_path, "letter.txt", TEXTS["letter.txt"], "--client", "anna@example.com")
    send(cli, tmp_path, "report.txt", TEXTS["report.txt"], "--client", "anna@example.com", "--folder", "Lab/2026")
    return cli


def test_what_one_sees_is_fetched_once_readable_by_its_owner_alone(shared: Cli, target: Path) -> None:
    first = pull(shared, target)
    assert told(first) == {"letter.txt": "pulled", "report.txt": "pulled"}
    assert files(target) == {"letter.txt": TEXTS["letter.txt"], "Lab/2026/report.txt": TEXTS["report.txt"]}
    for each in first.data:
        assert hashlib.sha256(Path(each["file"]).read_bytes()).hexdigest() == each["sha256"]
    for path in (target, target / "Lab", target / "letter.txt", target / NAME):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    views = len(shared.ok("docs", "views", first.data[0]["document_id"], "--json", profile="practice").data)
    again = pull(shared, target)
    assert again.data == []
    assert "2 documents were here already" in again.err
    assert len(shared.ok("docs", "views", first.data[0]["document_id"], "--json", profile="practice").data) == views
    assert "Nothing was missing." in shared.ok("docs", "pull", str(target), profile="anna").err


def test_only_what_is_missing_is_fetched(shared: Cli, target: Path, tmp_path: Path) -> None:
    pull(shared, target)
    (target / "letter.txt").unlink()
    send(shared, tmp_path, "third.txt", "The third.\n", "--client", "anna@example.com")
    assert told(pull(shared, target)) == {"letter.txt": "pulled", "third.txt": "pulled"}
    assert files(target)["letter.txt"] == TEXTS["letter.txt"]


def test_a_file_that_was_changed_here_is_left_and_told(shared: Cli, target: Path) -> None:
    pull(shared, target)
    (target / "letter.txt").write_text("My own words\n")
    os.utime(target / "Lab/2026/report.txt", (1, 1))
    result = pull(shared, target)
    assert told(result) == {"letter.txt": "changed"}
    assert files(target)["letter.txt"] == "My own words\n"


def test_a_document_that_is_gone_leaves_its_file_until_that_is_gone_too(shared: Cli, target: Path) -> None:
    first = pull(shared, target)
    ids = {Path(each["file"]).name: each["document_id"] for each in first.data}
    shared.ok("docs", "delete", ids["letter.txt"], "--yes", profile="practice")
    assert told(pull(shared, target)) == {"letter.txt": "gone"}
    assert told(pull(shared, target, "--kind", "note")) == {}
    assert "letter.txt" in files(target)
    (target / "letter.txt").unlink()
    assert pull(shared, target).data == pull(shared, target).data == []


def test_files_of_one_name_and_of_names_from_others_stay_within_the_mirror(
    cli: Cli, target: Path, tmp_path: Path
) -> None:
    client = ("--client", "anna@example.com")
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        send(cli, tmp_path / str(number), "Scan.txt", f"{number}\n", *client, "--folder", "../../..//etc")
    send(cli, tmp_path, ".hidden.txt", "seen\n", *client)
    pull(cli, target)
    assert set(files(target)) == {
        "document/document/document/etc/Scan.txt",
        "document/document/document/etc/Scan (2).txt",
        "_hidden.txt",
    }
    assert pull(cli, target).data == []


def test_staff_get_a_folder_for_each_client_and_one_for_what_is_the_practices(
    shared: Cli, target: Path, tmp_path: Path
) -> None:
    send(shared, tmp_path, "plan.txt", "Ours\n")
    send(shared, tmp_path, "photo.txt", "Mine\n", profile="ben")
    both = send(shared, tmp_path, "rules.txt", "House rules\n", "--client", "ben@example.com")
    shared.ok("docs", "share", both["document_id"], "anna@example.com", profile="practice")
    of = {
        each["name"]: each["id"] for each in shared.ok("practice", "clients", "list", "--json", profile="practice").data
    }
    anna, ben = (f"{name} ({of[name]})" for name in ("Anna Bianchi", "Ben Carter"))
    pull(shared, target, "--client", "ben@example.com", profile="practice")
    assert set(files(target)) == {f"{ben}/photo.txt", f"{ben}/rules.txt"}
    pull(shared, target, profile="practice")
    assert set(files(target)) == {
        f"{anna}/letter.txt",
        f"{anna}/Lab/2026/report.txt",
        f"{ben}/photo.txt",
        f"{ben}/rules.txt",
        "Practice/plan.txt",
    }
    refused = shared("docs", "pull", str(target), profile="anna")
    assert refused.code == 5
    assert "somebody else" in refused.err


def test_a_relative_gets_what_is_shared_with_them(shared: Cli, target: Path, tmp_path: Path) -> None:
    send(shared, tmp_path, "own.txt", "Anna's own\n", profile="anna")
    made = shared.ok(
        *("practice", "relationships", "add", "anna@example.com", "--name", "Rosa", "--kind", "mother", "--json"),
        *("--email", "rosa@example.com", "--portal-access", "--information-access"),
        profile="practice",
    )
    shared.ok(
        *("signup", made.data["link"], "--profile", "rosa", "--password-stdin", "--store", "file"), stdin=ANNA_PASSWORD
    )
    pull(shared, target, profile="rosa")
    anna = f"Anna Bianchi ({made.data['client_id']})"
    assert set(files(target)) == {f"{anna}/letter.txt", f"{anna}/Lab/2026/report.txt"}
    assert pull(shared, target, "--client", "Anna Bianchi", "--kind", "file", profile="rosa").data == []
    assert list((pull(shared, tmp_path / "notes", "--kind", "note", profile="rosa")).data) == []


def test_notes_are_fetched_again_when_they_were_changed_and_only_those_kinds_that_are_asked_for(
    shared: Cli, target: Path
) -> None:
    note = shared.ok("docs", "note", "add", "--title", "Week 12", "--body", "Slept.", "--json", profile="anna").data
    shared.advance(minutes=1)
    assert list(told(pull(shared, target, "--kind", "note"))) == ["Week 12.md"]
    assert pull(shared, target, "--kind", "note").data == []
    shared.ok("docs", "note", "edit", note["id"], "--body", "Slept better.", profile="anna")
    shared.advance(minutes=1)
    assert told(pull(shared, target, "--kind", "note")) == {"Week 12.md": "pulled"}
    assert "Slept better." in files(target)["Week 12.md"]


@pytest.mark.parametrize("index", ["", "[1]\n", "\xff\n", None])
def test_a_mirror_that_forgot_what_it_holds_knows_its_files_by_their_hash(
    shared: Cli, target: Path, index: str | None
) -> None:
    shared.ok("docs", "note", "add", "--title", "Week 12", "--body", "Slept.", profile="anna")
    pull(shared, target)
    if index is None:
        (target / NAME).unlink()
    else:
        (target / NAME).write_text(index, encoding="latin-1")
    (target / "report.txt").write_text("Something else\n")
    result = pull(shared, target)
    assert told(result) == {"letter.txt": "adopted", "report.txt": "adopted", "Week 12.md": "adopted"}
    assert (target / DAMAGED).exists() == (index is not None)
    assert (DAMAGED in result.err) == (index is not None)
    shared.advance(minutes=1)
    pull(shared, target)
    assert pull(shared, target).data == []


def test_an_index_that_names_files_elsewhere_is_not_believed(shared: Cli, target: Path, tmp_path: Path) -> None:
    pull(shared, target)
    outside = tmp_path / "outside.txt"
    outside.write_text("Not the portal's\n")
    lines = [json.loads(line) for line in (target / NAME).read_text().splitlines()]
    lines[1]["place"] = ["..", "..", "outside.txt"]
    (target / NAME).write_text("".join(json.dumps(line) + "\n" for line in lines))
    pull(shared, target)
    assert (target / DAMAGED).exists()
    assert outside.read_text() == "Not the portal's\n"


def test_a_newer_index_is_refused_untouched(shared: Cli, target: Path) -> None:
    pull(shared, target)
    newer = (target / NAME).read_text().replace('"format": 1', '"format": 2')
    (target / NAME).write_text(newer)
    assert shared("docs", "pull", str(target), profile="anna").code == 5
    assert (target / NAME).read_text() == newer


def test_links_that_lie_in_the_way_are_not_followed_and_cost_one_document(
    shared: Cli, target: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    target.mkdir(parents=True)
    (target / "Lab").symlink_to(tmp_path / "elsewhere")
    (target / "letter.txt").symlink_to(tmp_path / "nothing")
    result = shared("docs", "pull", str(target), "--json", profile="anna")
    assert result.code == 6
    assert {Path(each["file"] or "").name: each["status"] for each in result.data} == {
        "letter (2).txt": "pulled",
        "": "failed",
    }
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_two_at_one_mirror_do_not_collide(shared: Cli, target: Path) -> None:
    target.mkdir(parents=True)
    with Folder(target) as folder, folder.arriving(NAME):
        other: list[Result] = []
        thread = threading.Thread(target=lambda: other.append(shared("docs", "pull", str(target), profile="anna")))
        thread.start()
        thread.join()
    assert other[0].code == 5
    assert "another process" in other[0].err
    assert len(pull(shared, target).data) == 2
