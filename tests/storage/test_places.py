"""Where a portal file is: read-only, open to others, behind links, on a network."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.storage import filesystem
from portalctl.storage.filesystem import network_type
from portalctl.storage.sqlite import SqliteStore
from tests.storage.portals import Program, append, count, leave_log, make, name_of

READS_AND_WRITES = """
store = SqliteStore(Path(sys.argv[1]), notify=lambda text: print("said", text))
try:
    with store.reading() as tx:
        print(practice.get(tx).name)
except errors.PortalError as error:
    print(type(error).__name__, error.exit_code)
try:
    append(store)
    print("written")
except errors.PortalError as error:
    print(type(error).__name__, error.exit_code)
store.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    return make(folder / "portal.db")


@pytest.mark.parametrize(("file", "folder"), [(0o400, 0o700), (0o600, 0o500), (0o400, 0o500)])
def test_a_read_only_place_is_read_and_refuses_changes(path: Path, file: int, folder: int) -> None:
    """Whether the file, its folder or both cannot be written."""
    path.chmod(file)
    path.parent.chmod(folder)
    before = path.read_bytes()
    with Program(READS_AND_WRITES, path, obeys_modes=True) as program:
        assert program.output().splitlines() == ["Studio Rossi", "PortalReadOnly 8"]
    assert path.read_bytes() == before
    path.parent.chmod(0o700)


def test_a_log_that_cannot_be_taken_in_is_not_passed_over(path: Path) -> None:
    """Without it the reader would see an older state."""
    leave_log(path)
    Path(f"{path}-shm").unlink()
    path.parent.chmod(0o500)
    with Program(READS_AND_WRITES, path, obeys_modes=True) as program:
        assert program.output().splitlines() == ["PortalReadOnly 8", "PortalReadOnly 8"]
    path.parent.chmod(0o700)


READS_SLOWLY = """
store = SqliteStore(Path(sys.argv[1]))
for _ in range(2):
    try:
        with store.reading() as tx:
            print(practice.get(tx).name, flush=True)
            sys.stdin.readline()
    except errors.PortalError as error:
        print(type(error).__name__, flush=True)
"""


def test_a_change_during_a_read_in_a_read_only_place_is_noticed(path: Path) -> None:
    """There are no locks there: the answer may be a mixture and is not given. The next one is right."""
    path.parent.chmod(0o500)
    with Program(READS_SLOWLY, path, obeys_modes=True) as program:
        assert program.line() == "Studio Rossi"
        path.parent.chmod(0o700)
        store = SqliteStore(path)
        with store.writing() as tx:
            tx.run("UPDATE practice SET name = 'Studio Verdi'")
        store.close()
        path.parent.chmod(0o500)
        assert program.process.stdin is not None
        program.process.stdin.write("\n\n")
        program.process.stdin.flush()
        assert program.output().splitlines() == ["PortalBusy", "Studio Verdi"]
    path.parent.chmod(0o700)


def test_a_file_that_may_not_be_read_is_told_so(path: Path) -> None:
    path.chmod(0)
    with Program(READS_AND_WRITES, path, obeys_modes=True) as program:
        assert program.output().splitlines() == ["StorageFailure 8", "StorageFailure 8"]


def test_no_portal_is_made_in_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o500)
    code = """
try:
    append(SqliteStore(Path(sys.argv[1]), create=True))
except errors.PortalReadOnly as error:
    print(error.exit_code)
"""
    with Program(code, folder / "portal.db", obeys_modes=True) as program:
        assert program.output() == "8\n"
    assert not list(folder.iterdir())
    folder.chmod(0o700)


def test_a_new_portal_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    """The folder too, and what lies beside the file while it is open."""
    before = os.umask(0)
    try:
        path = make(tmp_path / "a" / "b" / "portal.db")
        store = SqliteStore(path)
        append(store)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == {"portal.db": 0o600, "portal.db-wal": 0o600, "portal.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them_with_a_word(path: Path) -> None:
    """And what lies beside it. Once it is closed nothing is said."""
    leave_log(path)
    for file in path.parent.iterdir():
        file.chmod(0o644)
    said: list[str] = []
    name_of(SqliteStore(path, notify=said.append))
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert said == [f"{path} could be read by others; that is over now (mode 0600)."]
    name_of(SqliteStore(path, notify=said.append))
    assert len(said) == 1


def test_a_folder_that_everybody_can_change_is_closed_with_a_word(path: Path) -> None:
    """Others could put another file in the portal's place there; a sticky one such as /tmp does not allow that."""
    said: list[str] = []
    path.parent.chmod(0o1777)
    name_of(SqliteStore(path, notify=said.append))
    assert said == []
    path.parent.chmod(0o777)
    name_of(SqliteStore(path, notify=said.append))
    assert said == [f"{path.parent} could be changed by everybody; that is over now (mode 0775)."]


def test_a_mode_that_cannot_be_changed_is_only_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is on a file system without modes."""
    path.chmod(0o644)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    said: list[str] = []
    assert name_of(SqliteStore(path, notify=said.append)) == "Studio Rossi"
    reason = "that cannot be changed here (Operation not permitted): see to it with chmod."
    assert said == [f"{path} could be read by others, and {reason}"]


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> int:
    """A user who is neither root nor the owner of what the test makes, and whom the program takes for itself."""
    uid = os.geteuid() + 4242
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    return uid


def own(path: Path, uid: int) -> None:
    """Let a file belong to that user, where the test may do so; it belongs to another than `stranger` anyway."""
    if os.getuid() == 0:
        os.chown(path, uid, -1, follow_symlinks=False)


def test_a_file_of_another_user_is_not_used(path: Path, stranger: int) -> None:
    own(path, stranger + 1)
    with pytest.raises(errors.PortalUnsafe, match="belongs to another user") as raised:
        name_of(SqliteStore(path))
    assert raised.value.exit_code == 8


def test_a_link_of_another_user_is_not_followed(path: Path, tmp_path: Path, stranger: int) -> None:
    """Neither one to the file nor one among the folders on the way."""
    own(path, stranger)
    for link, target in ((tmp_path / "link.db", path), (tmp_path / "link", path.parent)):
        link.symlink_to(target)
        own(link, 1234)
        named = link if target == path else link / path.name
        with pytest.raises(errors.PortalUnsafe, match="is a link that belongs to another user"):
            name_of(SqliteStore(named))


def test_ones_own_link_to_ones_own_portal_is_followed(path: Path, tmp_path: Path) -> None:
    """Through another link too; the log lies beside the file itself."""
    (tmp_path / "first").symlink_to(path.parent)
    (tmp_path / "second.db").symlink_to(tmp_path / "first" / path.name)
    assert name_of(SqliteStore(tmp_path / "second.db")) == "Studio Rossi"
    append(SqliteStore(tmp_path / "second.db"))
    assert count(path) == 1


def test_a_link_that_leads_nowhere_is_a_missing_portal_which_is_made_where_it_leads(tmp_path: Path) -> None:
    link = tmp_path / "portal.db"
    link.symlink_to(tmp_path / "gone.db")
    with pytest.raises(errors.PortalMissing):
        name_of(SqliteStore(link))
    make(link)
    assert name_of(SqliteStore(tmp_path / "gone.db")) == "Studio Rossi"
    assert link.is_symlink()


MOUNTS = """\
proc /proc proc rw 0 0
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
//nas/share /mnt/my\\040share cifs rw 0 0
me@host: /home/me/remote fuse.sshfs rw 0 0
tmpfs /home/me/scratch tmpfs rw 0 0
/dev/sdb1 /stacked ext4 rw 0 0
host0 /stacked 9p rw 0 0
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/home/me/portal.db", "nfs4"),
        ("/home/me/remote/portal.db", "fuse.sshfs"),
        ("/mnt/my share/portal.db", "cifs"),
        ("/stacked/portal.db", "9p"),
        ("/home/me/scratch/portal.db", None),
        ("/homework/portal.db", None),
        ("/portal.db", None),
    ],
)
def test_the_innermost_and_latest_mount_says_what_kind_of_place_it_is(place: str, kind: str | None) -> None:
    assert network_type(Path(place), MOUNTS) == kind


def journal_of(path: Path) -> str:
    """How the database keeps its changes, by its header: in place, or in a log."""
    return {1: "delete", 2: "wal"}[path.read_bytes()[18]]


def test_on_a_network_a_portal_works_without_a_log_and_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is kept in the memory of one machine. Back on a disk of one's own, the log is back too."""
    said: list[str] = []
    assert journal_of(path) == "wal"
    with monkeypatch.context() as patch:
        patch.setattr(filesystem, "without_wal", lambda _: "a network file system (nfs)")
        store = SqliteStore(path, notify=said.append)
        append(store)
        append(store)
        store.close()
    assert journal_of(path) == "delete"
    assert said == [f"{path} is in a network file system (nfs): use it from one machine at a time; it is slower there."]
    assert count(path) == 2
    assert journal_of(path) == "wal"


def test_a_new_portal_in_a_synchronised_folder_has_no_log(tmp_path: Path) -> None:
    """It would be copied to other machines apart from the file."""
    said: list[str] = []
    path = make(tmp_path / "Dropbox" / "practice" / "portal.db")
    name_of(SqliteStore(path, notify=said.append))
    assert journal_of(path) == "delete"
    assert said == [
        f"{path} is in the synchronised folder 'Dropbox': use it from one machine at a time; it is slower there."
    ]


def test_a_portal_that_is_in_use_keeps_its_log_until_nobody_uses_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kind of log is changed by whoever has the file alone; nobody waits for that."""
    other = SqliteStore(path)
    with other.reading():
        monkeypatch.setattr(filesystem, "without_wal", lambda _: "a network file system (nfs)")
        store = SqliteStore(path)
        append(store)
        store.close()
    other.close()
    assert journal_of(path) == "wal"


def test_a_copy_keeps_working_wherever_it_is_put(path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(path, tmp_path / "ä ?#%&'.db"))
    append(SqliteStore(copy))
    assert count(copy) == 1
