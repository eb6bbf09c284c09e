"""Many files shared by a manifest: read whole, and nothing is sent while one of its rows is wrong."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from portalctl import errors
from portalctl.transfer import rows
from portalctl.transfer.manifest import COLUMNS
from portalctl.transfer.rows import Lines, csv_rows
from tests.cli.conftest import Cli

ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with six letters, and a place for a manifest."""
    made = tmp_path / "march"
    made.mkdir()
    for number in range(6):
        (made / f"{number}.txt").write_text(f"Letter {number}\n")
    return made


def written(folder: Path, *lines: str, name: str = "march.csv", ends: str = "\n") -> str:
    """A manifest of those lines."""
    file = folder / name
    file.write_bytes(b"".join(os.fsencode(line + ends) for line in lines))
    return str(file)


def share(cli: Cli, manifest: str, *more: str, stdin: str = "", code: int = 0) -> Any:
    """What is told of sharing by a manifest."""
    done = cli("docs", "upload", "--manifest", manifest, *more, "--json", profile="practice", stdin=stdin)
    assert done.code == code, done
    return done.data if code == 0 else done.error


def had(cli: Cli, profile: str) -> dict[str, str]:
    """The documents that a client has: the names of their files by their titles."""
    return {each["title"]: each["name"] for each in cli.ok("docs", "list", "--json", profile=profile).data}


def test_each_file_goes_to_its_client_with_what_its_row_says(cli: Cli, folder: Path) -> None:
    """From Excel as well: a mark at the beginning, semicolons, lines that end in CR and LF, columns in any order."""
    manifest = written(
        folder,
        "\ufeffclient;path;Birth-Date;name;title;folder;kind;shared-at;notify",
        f"{ANNA};0.txt;;anna  BIANCHI;Blood test;Laboratory;;2024-03-01T09:00:00+01:00;no",
        f'{BEN.upper()};"1.txt";;Ben Carter;"Letter; of March";;;;yes',
        "",
        f"{BEN};2.txt;;Ben Carter;;;note;;",
        ";;;;;;;;",
        ends="\r\n",
    )
    *told, summary = share(cli, manifest, "--yes")
    assert [(each["row"], each["client"], each["status"]) for each in told] == [
        (2, "Anna Bianchi", "sent"),
        (3, "Ben Carter", "sent"),
        (5, "Ben Carter", "sent"),
    ]
    assert (summary["sent"], summary["clients"], summary["bytes"]) == (3, 2, 27)
    (document,) = cli.ok("docs", "list", "--json", profile="anna").data
    assert (document["title"], document["folder"], document["shared_at"]) == (
        "Blood test",
        "Laboratory",
        "2024-03-01T08:00:00Z",
    )
    assert had(cli, "ben") == {"Letter; of March": "1.txt", "2": "2.md"}
    assert share(cli, manifest)[-1]["there"] == 3, "nothing is asked where nothing is left to send"


def test_every_wrong_row_is_told_at_once_with_its_column_and_nothing_is_sent(cli: Cli, folder: Path) -> None:
    outside = folder.parent / "secret.txt"
    outside.write_text("secret")
    (folder / "link").symlink_to(folder.parent)
    (folder / "prog.exe").write_bytes(b"MZ")
    with (folder / "long.pdf").open("wb") as file:
        file.truncate(60_000_000)
    manifest = written(
        folder,
        "path,client,name,birth_date,title,appointment,kind,shared_at,notify",
        f"0.txt,{ANNA},Anna Bianchi,,,,,,",
        f"1.txt,{ANNA},Ben Carter,,,,,,",
        "2.txt,nobody@example.com,Anna Bianchi,,,,,,perhaps",
        f"3.txt,{ANNA},,,,,,,",
        f"../secret.txt,{ANNA},Anna Bianchi,,=HYPERLINK(1),,,,",
        f"{outside},{ANNA},Anna Bianchi,,,,,,",
        f"link/secret.txt,{ANNA},Anna Bianchi,,,,,,",
        f"./0.txt,{ANNA},Anna Bianchi,,again,,,,",
        f"nowhere.txt,{ANNA},,1984-02-30,#REF!,,,,",
        f"4.txt,{ANNA},Anna Bianchi,,,apt_000000000000,poem,yesterday,",
        f"5.txt,{ANNA},Anna Bianchi",
        f'5.txt,"{ANNA}"x,Anna Bianchi,,,,,,',
        f"prog.exe,{ANNA},Anna Bianchi,,,,,,",
        f"long.pdf,{ANNA},Anna Bianchi,,,,,,",
        f"link,{ANNA},Anna Bianchi,,,,,,",
        f"5.txt,{ANNA},Anna Bianchi,,{'t' * 201},,,2099-01-01T00:00:00Z,",
    )
    told = share(cli, manifest, "--yes", code=2)
    assert told["code"] == "manifest_not_valid"
    assert [problem.partition(":")[0] for problem in told["problems"]] == [
        "row 3, name",
        *("row 4, notify", "row 4, client"),
        "row 5, name",
        *("row 6, path", "row 6, title"),
        "row 7, path",
        "row 8, path",
        "row 9, path",
        *("row 10, path", "row 10, birth_date", "row 10, title"),
        *("row 11, kind", "row 11, shared_at", "row 11, appointment"),
        "row 12, cells",
        "row 13, cells",
        "row 14, path",
        "row 15, path",
        "row 16, path",
        *("row 17, title", "row 17, shared_at"),
    ]
    assert had(cli, "anna") == {}
    assert not list((cli.home / "state").glob("batches/*")), "what never began is not remembered"


def test_rows_that_are_shifted_send_nothing_to_anybody(cli: Cli, folder: Path) -> None:
    """One cell too few in one column, and each file would go to the next client: the names no longer fit."""
    shifted = ("path,client,name", f"0.txt,{ANNA},Ben Carter", f"1.txt,{BEN},Anna Bianchi")
    problems = share(cli, written(folder, *shifted), "--yes", code=2)["problems"]
    assert [problem.partition(":")[0] for problem in problems] == ["row 2, name", "row 3, name"]
    assert not any("Anna" in problem for problem in problems[:1]), "who it is instead is not told"
    by_id = {
        each["name"]: each["id"] for each in cli.ok("practice", "clients", "list", "--json", profile="practice").data
    }
    trusted = written(folder, "path,client", *(f"{place}.txt,{client}" for place, client in enumerate(by_id.values())))
    share(cli, trusted, "--yes", code=2)
    assert (had(cli, "anna"), had(cli, "ben")) == ({}, {})
    share(cli, trusted, "--trust-ids", "--yes")
    assert (had(cli, "anna"), had(cli, "ben")) == ({"0.txt": "0.txt"}, {"1.txt": "1.txt"})
    twice = written(folder, "path,client", f"2.txt,{ANNA}", f"2.txt,{by_id['Anna Bianchi']}")
    assert "row 2 already" in share(cli, twice, "--trust-ids", "--yes", code=2)["problems"][0]


def test_a_dry_run_is_exactly_what_is_sent_then(cli: Cli, folder: Path) -> None:
    manifest = written(folder, "path,client,name,title", f"0.txt,{ANNA},Anna Bianchi,One", f"1.txt,{BEN},Ben Carter,")
    planned = share(cli, manifest, "--dry-run")
    assert (had(cli, "anna"), had(cli, "ben")) == ({}, {})
    *sent, _ = share(cli, manifest, "--yes")
    for before, after in zip(planned, sent, strict=True):
        assert {name: before[name] for name in ("row", "path", "client_id", "client")} == {
            name: after[name] for name in ("row", "path", "client_id", "client")
        }
    assert [(each["plan"], each["title"], each["bytes"]) for each in planned] == [("send", "One", 9), ("send", None, 9)]
    assert {each["plan"] for each in share(cli, manifest, "--dry-run")} == {"there"}
    shown = cli.ok("docs", "upload", "--manifest", manifest, "--dry-run", profile="practice")
    assert "0 files (0 B), 2 sent before. Nothing was sent." in shown.err


def test_a_manifest_of_json_lines_comes_from_standard_input(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    row = {"path": "0.txt", "client": ANNA, "name": "Anna Bianchi", "notify": True, "folder": None}
    *told, _ = share(cli, "-", "--yes", stdin=json.dumps(row) + "\n\n")
    assert (told[0]["row"], told[0]["status"]) == (1, "sent")
    wrong = ['{"path": 1}', "[]", "{", '{"path": "0.txt", "path": "1.txt"}', '{"colour": "red"}', "[" * 20_000]
    problems = share(cli, "-", "--yes", stdin="{}\n" + "\n".join(wrong), code=2)["problems"]
    columns = [problem.partition(":")[0] for problem in problems]
    assert columns[:3] == ["row 1, path", "row 1, client", "row 1, name"]
    assert columns[3:] == [
        *("row 2, path", "row 3, cells", "row 4, cells", "row 5, cells", "row 6, colour", "row 7, cells"),
    ]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "path"),
        (b"path,client,name\n", "names no files"),
        (b"file,client,name\n0.txt,a,b\n", "'file'"),
        (b"path,path,client\n", "twice"),
        ("path,client,name\n".encode("utf-16"), "UTF-8"),
        (b'"path', "cannot be read"),
    ],
    ids=["empty", "no rows", "unknown column", "a column twice", "UTF-16", "no end"],
)
def test_what_is_no_manifest_is_refused(cli: Cli, folder: Path, content: bytes, word: str) -> None:
    file = folder / "march.csv"
    file.write_bytes(content)
    refused = cli("docs", "upload", "--manifest", str(file), profile="practice")
    assert (refused.code, refused.out) == (2, "")
    assert word in refused.err


def test_an_empty_manifest_has_every_column(cli: Cli, folder: Path) -> None:
    """It can be filled in and sent."""
    lines = cli.ok("docs", "upload", "--template").out
    assert lines == ",".join(COLUMNS) + "\n"
    manifest = written(folder, lines.strip(), f"0.txt,{ANNA},Anna Bianchi,,,,,,,")
    assert share(cli, manifest, "--yes")[-1]["sent"] == 1
    assert cli("docs", "upload", "--manifest", str(folder / "nowhere.csv"), profile="practice").code == 2


def test_a_name_that_is_no_utf8_is_found_by_its_bytes(cli: Cli, folder: Path) -> None:
    """It is told escaped, and kept with what stands for the bytes that are no text."""
    name = os.fsdecode(b"caf\xe9.txt")
    (folder / name).write_text("Letter\n")
    manifest = written(folder, "path,client,name", f"{name},{ANNA},Anna Bianchi")
    told, _ = share(cli, manifest, "--yes")
    assert told["path"] == str(folder / "caf\\xe9.txt")
    assert had(cli, "anna") == {"caf\ufffd.txt": "caf\ufffd.txt"}
    wrong = written(folder, "path,client,name,title", f"0.txt,{ANNA},Anna Bianchi,{name}")
    assert share(cli, wrong, "--yes", code=2)["problems"][0].startswith("row 2, title: ")


class _Endless(io.RawIOBase):
    """A line of a gigabyte, made as it is read."""

    def __init__(self) -> None:
        self.left = 1 << 30

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self.left)
        buffer[:count] = b"x" * count
        self.left -= count
        return count


def test_a_line_of_a_gigabyte_is_gone_past_or_given_up_and_never_held(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines(io.BytesIO(b"path,client\n" + b"x" * 100_000 + b"\n0.txt,anna\n"), lambda _: None)
    (long, short) = csv_rows(lines, ("path", "client"), lambda _: None)
    assert (long.line, long.cells, short.line, short.cells) == (2, None, 3, ("0.txt", "anna"))
    assert "64 KiB" in long.problem
    longest = 0

    def seen(line: bytes) -> None:
        nonlocal longest
        longest = max(longest, len(line))

    monkeypatch.setattr(rows, "LONGEST", 16 << 20)
    with pytest.raises(errors.InvalidInput, match="at most 16 MiB"):
        Lines(io.BufferedReader(_Endless()), seen)
    assert longest <= rows.LONGEST_LINE + 1
