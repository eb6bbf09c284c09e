"""Many files shared from folders: what goes to whom is shown, confirmed, and what is left out is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from portalctl.transfer import plan
from tests.cli.conftest import Cli
from tests.cli.live import Program, ended

ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder for each of two clients, and what does not belong there."""
    made = tmp_path / "tree"
    for client, names in ((ANNA, ("scan.txt", "plan.txt")), (BEN, ("scan.txt",))):
        (made / client).mkdir(parents=True)
        for name in names:
            (made / client / name).write_text(f"{name} of {client}\n")
    (made / ANNA / "more").mkdir()
    (made / ANNA / "more" / "deep.txt").write_text("deep\n")
    (made / ANNA / ".DS_Store").write_text("x")
    (made / "stray.txt").write_text("x")
    return made


def share(cli: Cli, *arguments: str, code: int = 0, profile: str = "practice") -> Any:
    """What is told of each file, and the summary."""
    done = cli("docs", "upload", *arguments, "--json", profile=profile)
    assert done.code == code, done
    return done.data


def _booked(cli: Cli) -> str:
    """An appointment of anna's."""
    slots = ("appointments", "slots", "--service", "First visit", "--limit", "1", "--format", "ids")
    slot = cli.ok(*slots, profile="anna").out.strip()
    return cli.ok("appointments", "book", slot, "--format", "ids", profile="anna").out.strip()


def had(cli: Cli, profile: str) -> list[str]:
    """The names of a client's documents, in order."""
    return sorted(each["name"] for each in cli.ok("docs", "list", "--json", profile=profile).data)


def test_each_folder_goes_to_the_client_whose_name_it_has(cli: Cli, tree: Path) -> None:
    """By e-mail address or id. What lies beside the folders or within them deeper is left out, and told."""
    (ben,) = [
        each["id"]
        for each in cli.ok("practice", "clients", "list", "--json", profile="practice").data
        if each["email"] == BEN
    ]
    (tree / BEN).rename(tree / ben)
    *told, summary = share(cli, "--by-client", str(tree), "--yes", code=6)
    assert {each["path"].removeprefix(f"{tree}/"): each["status"] for each in told} == {
        f"{ANNA}/scan.txt": "sent",
        f"{ANNA}/plan.txt": "sent",
        f"{ben}/scan.txt": "sent",
        f"{ANNA}/more": "skipped",
        f"{ANNA}/.DS_Store": "skipped",
        "stray.txt": "skipped",
    }
    assert (summary["sent"], summary["skipped"], summary["clients"]) == (3, 3, 2)
    (tree / "stray.txt").unlink()
    share(cli, "--by-client", str(tree), "--recursive", "--yes")
    assert (had(cli, "anna"), had(cli, "ben")) == (["deep.txt", "plan.txt", "scan.txt"], ["scan.txt"])


def test_folders_that_are_nobodys_are_all_told_and_nothing_is_sent(cli: Cli, tree: Path) -> None:
    for name in ("nobody@example.com", "Ben Carter"):
        (tree / name).mkdir()
        (tree / name / "x.txt").write_text("x")
    done = cli("docs", "upload", "--by-client", str(tree), "--yes", profile="practice")
    assert (done.code, done.out) == (2, "")
    assert "Ben Carter: " in done.err
    assert "nobody@example.com: " in done.err
    assert (had(cli, "anna"), had(cli, "ben")) == ([], [])
    assert cli("docs", "upload", "--by-client", str(tree / "stray.txt"), profile="practice").code == 2
    refused = cli("docs", "upload", "--by-client", str(tree), "--yes", profile="anna")
    assert refused.code == 5, "a client has nobody's folder"


def test_several_files_are_not_sent_to_clients_unasked(cli: Cli, tree: Path) -> None:
    """Without a terminal --yes has to be said; one file that is named, and one's own, are meant."""
    files = [str(tree / ANNA / name) for name in ("scan.txt", "plan.txt")]
    for source in (["--by-client", str(tree)], [*files, "--client", ANNA]):
        refused = cli("docs", "upload", *source, profile="practice")
        assert (refused.code, refused.out) == (2, "")
        assert "--yes" in refused.err
    assert had(cli, "anna") == []
    booked = ("--appointment", _booked(cli))
    assert cli("docs", "upload", *files, *booked, profile="practice").code == 2, "an appointment is a client's, too"
    cli.ok("docs", "upload", *files, *booked, "--dry-run", profile="anna")
    cli.ok("docs", "upload", files[0], "--client", "Anna Bianchi", *booked, profile="practice")
    cli.ok("docs", "upload", *files, profile="practice")
    cli.ok("docs", "upload", *files, profile="anna")
    assert had(cli, "anna") == ["plan.txt", "scan.txt", "scan.txt"]


def test_a_person_is_asked_with_what_would_be_sent_to_how_many(live: Program, tree: Path) -> None:
    (tree / "stray.txt").unlink()
    upload = ("docs", "upload", "--by-client", str(tree), "--profile", "practice")
    for answer, code, told in (("n", 0, "Nothing was sent."), ("y", 6, "5 files: 3 sent")):
        terminal = live.on_terminal(*upload, columns=300)
        terminal.expect_exact("Send 3 files (")
        terminal.expect_exact(" for 2 clients, 2 left out: 1 hidden, 1 no plain files. Go on? [y/N]: ")
        terminal.sendline(answer)
        terminal.expect_exact(told)
        assert ended(terminal) == code


def test_what_the_practice_does_not_take_costs_that_file_alone(cli: Cli, tree: Path) -> None:
    """It fails before a byte of it is sent, as a path that is longer than any may be does."""
    (tree / ANNA / "prog.exe").write_bytes(b"MZ")
    with (tree / ANNA / "long.pdf").open("wb") as file:
        file.truncate(60_000_000)
    files = [str(tree / ANNA / name) for name in ("prog.exe", "long.pdf", "scan.txt")]
    deep = "/".join(["n" * 250] * 20)
    *told, summary = share(cli, *files, deep, "--client", ANNA, "--yes", code=6)
    assert {Path(each["path"]).name[:8]: each["code"] for each in told} == {
        "prog.exe": "kind_not_taken",
        "long.pdf": "document_too_large",
        "scan.txt": None,
        "n" * 8: "storage_failed",
    }
    assert (summary["sent"], summary["failed"]) == (1, 3)
    planned = share(cli, *files, deep, "--client", ANNA, "--dry-run")
    assert [(each["plan"], each["code"]) for each in planned] == [
        *(("fail", "kind_not_taken"), ("fail", "document_too_large"), ("there", None), ("fail", "storage_failed")),
    ]
    shown = cli.ok("docs", "upload", *files, deep, "--client", ANNA, "--dry-run", profile="practice")
    assert "1 sent before, 2 left out: 1 of a kind that is not taken, 1 too long" in shown.err


def test_results_of_many_are_shown_where_there_is_something_to_do(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of few all are; for scripts always."""
    monkeypatch.setattr("portalctl.commands.delivering.FEW", 3)
    files = [tmp_path / f"{number}.txt" for number in range(4)]
    for file in files:
        file.write_text(file.name)
    (tmp_path / "5.exe").write_bytes(b"MZ")
    done = cli("docs", "upload", *map(str, files), str(tmp_path / "5.exe"), profile="anna")
    assert done.code == 6
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == ["5"]
    assert done.err.startswith("5 files: 4 sent (20 B), 1 failed.\n")
    lines = cli("docs", "upload", *map(str, files), "--jsonl", profile="anna").out.splitlines()
    assert ['"status":"there"' in line for line in lines] == [True, True, True, True, False]
    ids = cli("docs", "upload", *map(str, files), "--format", "ids", profile="anna").out.split()
    assert [each[:4] for each in ids] == ["doc_"] * 4


def test_a_folder_in_a_folder_is_gone_into_only_when_asked_and_not_for_ever(
    cli: Cli, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "DEEPEST", 1)
    (tree / "loop").symlink_to(tree)
    (tree / "closed").mkdir(mode=0)
    told = {
        Path(each["path"]).name: each["status"]
        for each in share(cli, str(tree), "--recursive", code=6, profile="anna")[:-1]
    }
    expected = {"stray.txt": "sent", "loop": "skipped", ANNA: "skipped", BEN: "skipped"}
    assert {name: told[name] for name in expected} == expected
    if os.geteuid():
        assert told["closed"] == "skipped"
