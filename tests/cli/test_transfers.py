"""Sending, saving and reading documents from the shell: nothing is lost, replaced or followed that should not be."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import socket
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import apsw
import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.uploads import AppendToUpload, Upload
from portalctl.transfer import patience, sending
from portalctl.transfer.landing import Folder
from portalctl.transfer.plain_files import Skipped, opened
from portalctl.transfer.progress import Progress
from tests.cli.conftest import MORNING, Cli
from tests.cli.live import PATIENCE, Program, shell_code

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
DIGEST = hashlib.sha256(PDF).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with files to send."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "scan.pdf").write_bytes(PDF)
    (folder / "letter.txt").write_text("Dear Anna,\nsee you.\n")
    return folder


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of more than a thousand bytes travels by itself."""
    monkeypatch.setattr("portalctl.transfer.sharing.SMALL_FILE", 1000)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An empty folder to save to."""
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def results(cli: Cli, *arguments: str, code: int = 0, profile: str = "anna") -> list[Any]:
    """What is told of each file, without the summary."""
    done = cli("docs", "upload", *arguments, "--json", profile=profile)
    assert done.code == code, done
    told: list[Any] = done.data
    assert told[-1]["status"] == "summary"
    return told[:-1]


def documents(cli: Cli) -> list[Any]:
    """What anna has, the latest first."""
    found: list[Any] = cli.ok("docs", "list", "--json", profile="anna").data
    return found


def sent(cli: Cli, *paths: Path | str, **options: Any) -> list[str]:
    """The ids of the documents that files become."""
    more = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = cli.ok("docs", "upload", *more, "--format", "ids", "--", *map(str, paths), profile="anna")
    return done.out.split()


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_file_goes_there_and_back(cli: Cli, files: Path, target: Path) -> None:
    (told,) = results(cli, str(files / "scan.pdf"), "--title", "Scan")
    (made,) = documents(cli)
    assert (told["document_id"], told["sha256"], told["status"]) == (made["id"], DIGEST, "sent")
    assert (made["title"], made["name"], made["bytes"], made["sha256"]) == ("Scan", "scan.pdf", len(PDF), DIGEST)
    before = os.umask(0)
    try:
        (saved,) = cli.ok("docs", "download", made["id"], "-o", str(target), "--json", profile="anna").data
    finally:
        os.umask(before)
    assert saved == {
        "document_id": made["id"],
        "file": str(target / "scan.pdf"),
        "bytes": len(PDF),
        "sha256": DIGEST,
    }
    found = target / "scan.pdf"
    assert found.read_bytes() == PDF
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert found.stat().st_mtime == cli.now.timestamp()
    assert names(target) == ["scan.pdf"]


def test_staff_send_into_a_clients_documentation(cli: Cli, files: Path) -> None:
    owner = {"profile": "practice"}
    cli.ok("docs", "upload", str(files / "scan.pdf"), "--client", "anna@example.com", "--folder", "Lab", **owner)
    (found,) = cli.ok("docs", "list", "--shared", "--json", profile="anna").data
    assert (found["folder"], found["new"]) == ("Lab", True)
    assert cli("docs", "upload", str(files / "letter.txt"), "--client", "nobody@example.com", **owner).code == 3


def test_the_same_file_sent_again_is_the_same_document(cli: Cli, files: Path) -> None:
    """A retry after a lost answer makes no second one; another title is another intent."""
    first, again = sent(cli, files / "scan.pdf"), sent(cli, files / "scan.pdf")
    assert first == again
    assert sent(cli, files / "scan.pdf", title="Other") != first
    cli.ok("docs", "delete", first[0], "--yes", profile="anna")
    assert sent(cli, files / "scan.pdf") != first, "what was deleted is sent anew"


@pytest.mark.usefixtures("alone")
def test_what_arrived_is_not_sent_twice(cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    reading = sending._reading

    def breaking(source: Any, offset: int, size: int, digest: Any) -> Iterator[bytes]:
        for chunk in reading(source, offset, size, digest):
            yield chunk
            if not reads:
                reads.append(len(chunk))
                raise KeyboardInterrupt

    monkeypatch.setattr(sending, "CHUNK", 70_000)
    monkeypatch.setattr(sending, "_reading", breaking)
    assert cli("docs", "upload", str(files / "scan.pdf"), profile="anna").code == 130
    monkeypatch.setattr(sending, "_reading", reading)
    offsets: list[int] = []

    def noted(**fields: Any) -> AppendToUpload:
        offsets.append(fields["offset"])
        return AppendToUpload(**fields)

    monkeypatch.setattr("portalctl.transfer.sending.AppendToUpload", noted)
    assert sent(cli, files / "scan.pdf")
    assert offsets == [70_000]


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(("breaks", "brings", "code"), [(5, 1, 0), (50, 0, 7)], ids=["now and then", "always"])
def test_a_connection_that_breaks_is_gone_on_with_as_long_as_something_arrives(
    cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch, breaks: int, brings: int, code: int
) -> None:
    left = iter(range(breaks))
    asked: list[int] = []
    pauses: list[float] = []
    append = EmbeddedPortal.append

    def breaking(portal: EmbeddedPortal, request: AppendToUpload, body: Iterable[bytes]) -> Upload:
        asked.append(request.offset)
        if next(left, None) is None:
            return append(portal, request, body)

        def cut() -> Iterator[bytes]:
            yield from islice(body, brings)
            raise errors.NetworkFailure("the connection broke")

        return append(portal, request, cut())

    monkeypatch.setattr(EmbeddedPortal, "append", breaking)
    monkeypatch.setattr(sending, "CHUNK", 10_000)
    monkeypatch.setattr("portalctl.transfer.lanes.Lanes.pause", lambda _, seconds: pauses.append(seconds))
    done = cli("docs", "upload", str(files / "scan.pdf"), "--json", profile="anna")
    assert done.code == code
    if code:
        assert asked == [0] * patience.TRIES
        assert pauses == sorted(pauses)
        assert pauses[-1] <= patience.LONGEST_PAUSE
    else:
        assert asked == [0, 10_000, 20_000, 30_000, 40_000, 50_000]
        assert done.data[0]["sha256"] == DIGEST


@pytest.mark.usefixtures("alone")
def test_what_arrived_at_two_times_is_compared_with_the_file(
    cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in the portal of an interrupted upload may not be what the file begins with."""
    monkeypatch.setattr(sending, "CHUNK", 70_000)
    append = EmbeddedPortal.append

    def breaking(portal: EmbeddedPortal, request: AppendToUpload, body: Iterable[bytes]) -> Upload:
        def cut() -> Iterator[bytes]:
            yield from islice(body, 1)
            raise KeyboardInterrupt

        return append(portal, request, cut())

    with monkeypatch.context() as broken:
        broken.setattr(EmbeddedPortal, "append", breaking)
        assert cli("docs", "upload", str(files / "scan.pdf"), profile="anna").code == 130
    (arrived,) = cli.home.rglob("uploads/upl_*")
    assert arrived.stat().st_size == 70_000
    with arrived.open("r+b") as file:
        file.write(b"#")
    sent(cli, files / "scan.pdf")
    assert documents(cli)[0]["sha256"] == DIGEST


@pytest.mark.usefixtures("alone")
def test_what_comes_through_a_connection_is_compared_with_the_file(
    cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = EmbeddedPortal.append

    def damaging(portal: EmbeddedPortal, request: AppendToUpload, body: Iterable[bytes]) -> Upload:
        return append(portal, request, (b"#" + chunk[1:] for chunk in body))

    monkeypatch.setattr(EmbeddedPortal, "append", damaging)
    monkeypatch.setattr(EmbeddedPortal, "is_in_process", False)
    assert cli("docs", "upload", str(files / "scan.pdf"), profile="anna").code == 5
    assert documents(cli) == []


@pytest.mark.usefixtures("alone")
def test_a_file_that_stays_in_this_process_is_hashed_once(
    cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_hash_of", lambda *_: pytest.fail("it is hashed twice"))
    sent(cli, files / "scan.pdf")
    assert documents(cli)[0]["sha256"] == DIGEST


def unsuitable(folder: Path) -> dict[str, Path]:
    """What is no plain file, by what it is."""
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to(folder / "scan.pdf")
    (folder / "dangling").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder / "loop")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "s"))
    listener.close()
    found = {name: folder / name for name in ("pipe", "folder", "link", "dangling", "loop", "s")}
    return {**found, "zero": Path("/dev/zero"), "null": Path("/dev/null"), "tty": Path("/dev/tty")}


def test_what_is_no_plain_file_is_left_out_and_the_others_go(cli: Cli, files: Path) -> None:
    """Nothing waits for a pipe, reads a device without end, or follows a link."""
    paths = unsuitable(files)
    told = results(cli, *map(str, paths.values()), str(files / "letter.txt"), code=6)
    assert [each["path"] for each in told if each["status"] == "sent"] == [str(files / "letter.txt")]
    left_out = {each["path"]: each["message"] for each in told if each["status"] == "skipped"}
    for path in paths.values():
        assert left_out[str(path)].startswith(f"{path} is ")
        assert cli("docs", "upload", str(path), profile="anna").code == 6, path


def test_a_link_is_followed_only_when_asked_and_only_within_its_folder(cli: Cli, files: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    (files / "inside.pdf").symlink_to("scan.pdf")
    (files / "outside.txt").symlink_to(secret)
    follow = ("docs", "upload", "--follow-symlinks")
    cli.ok(*follow, str(files / "inside.pdf"), profile="anna")
    (made,) = documents(cli)
    assert (made["name"], made["sha256"]) == ("inside.pdf", DIGEST)
    assert cli(*follow, str(files / "outside.txt"), profile="anna").code == 6


def test_a_second_name_in_a_folder_of_everybodys_is_not_sent(files: Path) -> None:
    """Somebody may have put it there, for another to send what they cannot read themselves."""
    os.link(files / "scan.pdf", files / "planted.pdf")
    with opened(str(files / "planted.pdf")):
        pass
    files.chmod(0o777)
    with pytest.raises(Skipped), opened(str(files / "planted.pdf")):
        pass


@pytest.mark.usefixtures("alone")
def test_what_cannot_be_read_fails_alone(cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the disk fails in the middle of it."""
    pread = os.pread

    def failing(descriptor: int, length: int, offset: int) -> bytes:
        if os.fstat(descriptor).st_size == len(PDF):
            raise OSError(5, "Input/output error")
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", failing)
    paths = (files / "nowhere.pdf", files / "scan.pdf", files / "letter.txt")
    told = {each["path"]: each for each in results(cli, *map(str, paths), code=6)}
    assert [told[str(path)]["status"] for path in paths] == ["failed", "failed", "sent"]
    assert "there is no file" in told[str(paths[0])]["message"]
    assert "Input/output error" in told[str(paths[1])]["message"]


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(("times", "code"), [(1, 0), (2, 5)], ids=["once", "again"])
def test_a_file_that_changes_meanwhile_is_sent_once_more_and_then_refused(
    cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch, times: int, code: int
) -> None:
    path = files / "scan.pdf"
    changes = iter(range(times))
    reading = sending._reading

    def changing(*arguments: Any) -> Iterator[bytes]:
        yield from reading(*arguments)
        if next(changes, None) is not None:
            path.write_bytes(PDF + b"more" if path.stat().st_size == len(PDF) else PDF)

    monkeypatch.setattr(sending, "_hash_of", lambda *_: hashlib.sha256())
    monkeypatch.setattr(sending, "_reading", changing)
    done = cli("docs", "upload", str(path), "--json", profile="anna")
    assert done.code == code
    if code:
        assert "changed during upload" in done.error["message"]
        assert cli.ok("docs", "list", "--json", profile="anna").data == []
    else:
        assert done.data[0]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.usefixtures("alone")
def test_a_file_that_shrinks_meanwhile_is_noticed(cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files / "scan.pdf"
    monkeypatch.setattr(sending, "CHUNK", 50_000)
    pread = os.pread

    def shrinking(descriptor: int, length: int, offset: int) -> bytes:
        if offset == 50_000 and path.stat().st_size == len(PDF):
            os.truncate(path, 60_000)
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", shrinking)
    cli.ok("docs", "upload", str(path), profile="anna")
    assert documents(cli)[0]["bytes"] == 60_000


def test_a_file_that_is_too_long_is_refused_before_a_byte_is_read(
    cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten gigabytes of nothing take no time and no memory."""
    with (files / "hole.pdf").open("wb") as file:
        file.truncate(10 << 30)
    (files / "empty.txt").touch()
    monkeypatch.setattr(os, "pread", lambda *_: pytest.fail("it is read"))
    done = cli("docs", "upload", str(files / "hole.pdf"), "--json", profile="anna")
    assert (done.code, done.error["code"]) == (5, "document_too_large")
    monkeypatch.undo()
    cli.ok("docs", "upload", str(files / "empty.txt"), profile="anna")
    assert documents(cli)[0]["bytes"] == 0


def test_names_that_are_odd_are_literal(cli: Cli, files: Path) -> None:
    odd = files / os.fsdecode(b"\xff caf\xe9 \n.pdf")
    odd.write_bytes(PDF)
    (files / "--help").write_text("x")
    (files / ("n" * 240 + ".pdf")).write_bytes(PDF)
    sent(cli, odd, files / ("n" * 240 + ".pdf"))
    told = [each["name"] for each in cli.ok("docs", "list", "--json", profile="anna").data]
    assert sorted(told, key=len) == ["\ufffd caf\ufffd _.pdf", "n" * 196 + ".pdf"]


def test_nothing_is_replaced_unless_it_is_said(cli: Cli, files: Path, target: Path) -> None:
    (made,) = sent(cli, files / "scan.pdf")
    (target / "scan.pdf").write_text("mine")
    for more in ((), ("--skip-existing",)):
        done = cli("docs", "download", made, "-o", str(target), *more, profile="anna")
        assert done.code == (0 if more else 5)
        assert (target / "scan.pdf").read_text() == "mine"
    cli.ok("docs", "download", made, "-o", str(target), "--force", profile="anna")
    assert (target / "scan.pdf").read_bytes() == PDF
    assert cli("docs", "download", made, "-o", str(target), "--force", "--skip-existing", profile="anna").code == 2


def test_a_link_in_the_place_of_a_file_is_never_followed(cli: Cli, files: Path, target: Path, tmp_path: Path) -> None:
    (made,) = sent(cli, files / "scan.pdf")
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    download = ("docs", "download", made, "-o", str(target))
    for name, code in (("scan.pdf", 5), ("scan.pdf.part", 5)):
        (target / name).symlink_to(victim)
        assert cli(*download, profile="anna").code == code, name
        assert victim.read_text() == "untouched"
        if name.endswith(".part"):
            (target / name).unlink()
            continue
        cli.ok(*download, "--force", profile="anna")
        assert not (target / name).is_symlink()
        (target / name).unlink()
    assert victim.read_text() == "untouched"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give links away")
def test_a_folder_behind_a_link_of_somebody_else_is_not_used(cli: Cli, files: Path, tmp_path: Path) -> None:
    (made,) = sent(cli, files / "scan.pdf")
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    cli.ok("docs", "download", made, "-o", str(link), profile="anna")
    (tmp_path / "real" / "scan.pdf").unlink()
    os.lchown(link, 12345, 12345)
    assert cli("docs", "download", made, "-o", str(link), profile="anna").code == 5
    assert names(tmp_path / "real") == []


def test_a_folder_that_is_swapped_meanwhile_gets_nothing(tmp_path: Path, target: Path) -> None:
    """The file lands in the folder that was opened, wherever that is now."""
    with Folder(target) as folder, folder.arriving("a") as part:
        os.write(part, b"x")
        target.rename(tmp_path / "moved")
        target.symlink_to(tmp_path)
        folder.finish("a", part, MORNING, force=False)
    assert (tmp_path / "moved" / "a").read_bytes() == b"x"
    assert not (tmp_path / "a").exists()


def test_files_of_one_name_get_numbers(cli: Cli, files: Path, target: Path) -> None:
    for folder, name in (("a", "Ä.pdf"), ("b", "A\u0308.pdf"), ("c", "ä.pdf")):
        (files / folder).mkdir()
        (files / folder / name).write_bytes(PDF + folder.encode())
        sent(cli, files / folder / name)
    cli.ok("docs", "download", "--all", "-o", str(target), profile="anna")
    assert sorted(name.casefold() for name in names(target)) == ["ä (2).pdf", "ä (3).pdf", "ä.pdf"]


def test_what_is_added_later_takes_no_name_from_what_was_saved(cli: Cli, files: Path, target: Path) -> None:
    everything = ("docs", "download", "--all", "-o", str(target), "--skip-existing")
    for number in ("1", "2", "3"):
        (files / number).mkdir()
        (files / number / "scan.pdf").write_bytes(PDF + number.encode())
        sent(cli, files / number / "scan.pdf")
        cli.advance(minutes=1)
        cli.ok(*everything, profile="anna")
    assert [(target / name).read_bytes()[-1:] for name in ("scan.pdf", "scan (2).pdf", "scan (3).pdf")] == [
        b"1",
        b"2",
        b"3",
    ]


def test_what_is_no_file_is_not_replaced_by_one(cli: Cli, files: Path, target: Path) -> None:
    (made,) = sent(cli, files / "scan.pdf")
    os.mkfifo(target / "pipe")
    (target / "folder").mkdir()
    with Folder(target) as folder:
        for name in ("pipe", "folder"):
            with pytest.raises(errors.Refused):
                folder.check_free(name, force=True)
    assert cli("docs", "download", made, "-o", str(target / "pipe"), "--force", profile="anna").code == 5
    assert names(target) == ["folder", "pipe"]


def test_a_hostile_name_stays_in_the_folder(cli: Cli, files: Path, target: Path) -> None:
    (made,) = sent(cli, files / "letter.txt")
    alter(cli, name="../../../.ssh/authorized_keys")
    cli.ok("docs", "download", made, "-o", str(target), profile="anna")
    assert names(target) == ["authorized_keys"]


def alter(cli: Cli, **columns: str) -> None:
    """Make every document into what no portal of ours would keep."""
    connection = apsw.Connection(str(cli.home / "data" / "portal.db"))
    for name, value in columns.items():
        connection.execute(f"UPDATE documents SET {name} = ?", (value,))  # noqa: S608  our own names
    connection.close()


def test_some_that_fail_do_not_keep_others_back(cli: Cli, files: Path, target: Path) -> None:
    (made,) = sent(cli, files / "scan.pdf")
    done = cli("docs", "download", "doc_zzzzzzzzzzzz", made, "-o", str(target), "--json", profile="anna")
    assert done.code == 6
    assert [each["document_id"] for each in done.data] == [made]
    assert json.loads(done.err.splitlines()[-1])["error"]["code"] == "partly_failed"
    assert cli("docs", "download", "doc_zzzzzzzzzzzz", profile="anna").code == 3


def test_a_full_disk_leaves_a_part_that_goes_on(
    cli: Cli, files: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [*sent(cli, files / "scan.pdf"), *sent(cli, files / "letter.txt")]
    write = os.write

    def full(descriptor: int, content: Any) -> int:
        if os.fstat(descriptor).st_size + len(content) > 50_000:
            raise OSError(28, "No space left on device")
        return write(descriptor, content[:10_000])

    monkeypatch.setattr(os, "write", full)
    assert cli("docs", "download", ids[0], "-o", str(target), profile="anna").code == 8
    done = cli("docs", "download", *ids, "-o", str(target), profile="anna")
    assert (done.code, names(target)) == (6, ["letter.txt", "scan.pdf.part"])
    assert "No space left" in done.err
    monkeypatch.undo()
    cli.ok("docs", "download", ids[0], "-o", str(target), profile="anna")
    assert (target / "scan.pdf").read_bytes() == PDF


PLACES = {
    "a name that is too long": "n" * 300,
    "a folder that is not there": "nowhere/file",
    "a file as a folder": "letter/file",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_place_that_does_not_work_is_told_as_one(cli: Cli, files: Path, target: Path, place: str) -> None:
    (made,) = sent(cli, files / "letter.txt")
    (target / "letter").touch()
    done = cli("docs", "download", made, "-o", str(target / place), profile="anna")
    assert (done.code, names(target)) == (8, ["letter"])
    assert "Traceback" not in done.err


def test_on_stdout_there_is_nothing_but_the_document(live: Program, files: Path) -> None:
    ids = live.ok("docs", "upload", "--profile", "anna", "--format", "ids", str(files / "scan.pdf")).split()
    with live.start("docs", "download", "--profile", "anna", ids[0], "-o", "-") as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, PDF, b"")


def test_what_is_no_text_does_not_reach_a_terminal(live: Program, files: Path) -> None:
    ids = [
        live.ok("docs", "upload", "--profile", "anna", "--format", "ids", str(files / name)).strip()
        for name in ("scan.pdf", "letter.txt")
    ]
    code, text = live.shown("docs", "download", ids[0], "-o", "-", "--profile", "anna")
    assert code == 5
    assert "%PDF" not in text
    code, text = live.shown("docs", "download", ids[1], "-o", "-", "--profile", "anna")
    assert (code, text.split()) == (0, ["Dear", "Anna,", "see", "you."])


def test_a_person_may_change_the_name(live: Program, files: Path, target: Path) -> None:
    made = live.ok("docs", "upload", "--profile", "anna", "--format", "ids", str(files / "letter.txt")).strip()
    with chdir(target):
        for answer, name in (("", "letter.txt"), ("../other.txt", "other.txt")):
            terminal = live.on_terminal("docs", "download", made, "--profile", "anna")
            terminal.expect_exact("Save as [letter.txt]: ")
            terminal.sendline(answer)
            terminal.expect_exact(name)
            terminal.wait()
            terminal.close()
    assert names(target) == ["letter.txt", "other.txt"]


@contextmanager
def chdir(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def test_text_is_shown_safely(cli: Cli, files: Path) -> None:
    (files / "letter.txt").write_text("Dear\x1b[2J Anna\r\n\tpaid\rfaked \u202egnp.exe\n")
    (made,) = sent(cli, files / "letter.txt")
    assert cli.ok("docs", "view", made, profile="anna").out == (
        "Dear\\x1b[2J Anna\n        paid\\rfaked \\u202egnp.exe\n"
    )
    assert cli.ok("docs", "list", "--json", profile="anna").data[0]["new"] is False


def test_a_pager_is_no_shell_and_gets_no_secret(live: Program, files: Path, tmp_path: Path) -> None:
    (files / "letter.txt").write_text("line\n" * 100)
    made = live.ok("docs", "upload", "--profile", "anna", "--format", "ids", str(files / "letter.txt")).strip()
    report = tmp_path / "report"
    pager = tmp_path / "my pager"
    pager.write_text(f"#!/bin/sh\nenv > '{report}'\necho $# >> '{report}'\ncat > /dev/null\n")
    pager.chmod(0o700)
    token = json.loads((live.home / "state" / "sessions.json").read_text())
    secret = json.loads(token["anna"])["token"] if isinstance(token.get("anna"), str) else "pct_unknown"
    terminal = live.on_terminal(
        *("docs", "view", made, "--profile", "anna"),
        environment={"PAGER": f"'{pager}' ';' touch {tmp_path}/pwned", "PORTALCTL_TOKEN": secret},
    )
    terminal.wait()
    terminal.close()
    assert not (tmp_path / "pwned").exists()
    told = report.read_text()
    assert "PORTALCTL_TOKEN" not in told
    assert told.endswith("3\n"), "its arguments are its own"


def test_a_viewer_gets_a_private_copy_that_does_not_stay(live: Program, files: Path, tmp_path: Path) -> None:
    made = live.ok("docs", "upload", "--profile", "anna", "--format", "ids", str(files / "scan.pdf")).strip()
    report, programs = tmp_path / "report", tmp_path / "bin"
    programs.mkdir()
    viewer = programs / "xdg-open"
    viewer.write_text(
        f'#!/bin/sh\nstat -c "%a %n" "$1" "$(dirname "$1")" > "{report}"\nsha256sum < "$1" >> "{report}"\n'
    )
    viewer.chmod(0o700)
    environment = {"PATH": f"{programs}{os.pathsep}{os.defpath}", "TMPDIR": str(tmp_path)}
    terminal = live.on_terminal("docs", "view", made, "--profile", "anna", environment=environment)
    terminal.expect_exact("Press Enter")
    terminal.sendline()
    terminal.wait()
    terminal.close()
    file, folder, digest = report.read_text().splitlines()
    assert file.startswith("600 ")
    assert file.endswith("/document.pdf")
    assert folder.startswith("700 ")
    assert digest.split()[0] == DIGEST
    assert not Path(file.partition(" ")[2]).parent.exists()


def test_what_no_viewer_should_run_is_not_handed_to_one(cli: Cli, files: Path) -> None:
    (made,) = sent(cli, files / "scan.pdf")
    alter(cli, media_type="application/x-desktop")
    assert cli("docs", "view", made, profile="anna").code == 5


def test_a_killed_upload_goes_on_where_it_was(live: Program, tmp_path: Path) -> None:
    """Killed in its middle, without a chance to say so: what was put safely away is not sent again."""
    live.ok("practice", "policy", "set", "--document-size", "1G", "--profile", "practice")
    content = b"%PDF-1.7\n" + os.urandom(1 << 20) * 90
    (tmp_path / "large.pdf").write_bytes(content)
    staged = live.home / "data" / "portal.documents" / "uploads"
    with live.start("docs", "upload", "--profile", "anna", str(tmp_path / "large.pdf")) as process:
        end = time.monotonic() + PATIENCE
        while not (staged.exists() and any(each.stat().st_size > 66 << 20 for each in staged.iterdir())):
            assert time.monotonic() < end
            assert process.poll() is None, "it was faster than the test"
        process.send_signal(signal.SIGKILL)
        assert shell_code(process.wait()) == 137
    (left,) = staged.iterdir()
    connection = apsw.Connection(str(live.home / "data" / "portal.db"))
    arrived = int(str(connection.execute("SELECT arrived FROM uploads").fetchall()[0][0]))
    connection.close()
    assert 0 < arrived <= left.stat().st_size
    made, _ = json.loads(live.ok("docs", "upload", "--profile", "anna", "--json", str(tmp_path / "large.pdf")))
    assert made["sha256"] == hashlib.sha256(content).hexdigest()
    assert list(staged.iterdir()) == []


def test_an_interrupted_download_leaves_a_part_and_goes_on_there(
    cli: Cli, files: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = PDF * 24
    (files / "large.pdf").write_bytes(content)
    (made,) = sent(cli, files / "large.pdf")
    download = ("docs", "download", made, "-o", str(target))
    write = os.write
    written: list[int] = []

    def interrupted(descriptor: int, chunk: Any) -> int:
        if written and not written[0]:
            raise KeyboardInterrupt
        count = write(descriptor, chunk)
        written.append(count)
        if len(written) == 2:
            written[0] = 0
        return count

    monkeypatch.setattr(os, "write", interrupted)
    assert cli(*download, profile="anna").code == 130
    monkeypatch.undo()
    part = target / "large.pdf.part"
    assert names(target) == [part.name]
    assert 0 < part.stat().st_size < len(content)
    assert content.startswith(part.read_bytes())
    cli.ok(*download, profile="anna")
    assert (names(target), (target / "large.pdf").read_bytes()) == (["large.pdf"], content)


def test_progress_is_told_on_a_terminal_alone(cli: Cli, files: Path) -> None:
    """Never on stdout, and gone when it is over."""
    assert cli.ok("docs", "upload", str(files / "scan.pdf"), profile="anna").err == ""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    told = Terminal()
    progress = Progress(told)
    assert list(progress.following("a\x1b[2J.pdf", [b"x" * 50, b"y" * 50], 0, 100)) == [b"x" * 50, b"y" * 50]
    progress.clear()
    assert " 50 %" in told.getvalue()
    assert "\x1b[2J" not in told.getvalue()
    assert told.getvalue().endswith("\r\x1b[K")


def test_two_that_save_the_same_file_do_not_mix(target: Path) -> None:
    with (
        Folder(target) as first,
        first.arriving("a"),
        Folder(target) as second,
        pytest.raises(errors.Refused),
        second.arriving("a"),
    ):
        pass
