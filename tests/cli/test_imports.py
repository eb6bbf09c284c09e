"""A command imports only what it uses: start-up time is mostly the time of imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path

import pytest

from tests.backends.hostile import IDENTITY, hostile, record
from tests.cli.conftest import ANNA_PASSWORD, copied
from tests.cli.live import PATIENCE, Program

PARSER = {"typer", "annotated_doc", "shellingham"}
MODELS = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}
PORTAL = PARSER | MODELS | {"apsw", "tzdata"}
TABLE = PORTAL | {"tabulate", "wcwidth"}
CALENDAR = PORTAL | {"icalendar", "dateutil", "six"}

RUN = """
import sys
before = set(sys.modules)
from portalctl.app import main
try:
    main()
finally:
    loaded = {name for name, module in sys.modules.items() if module} - {"pydantic.plugin._loader"}  # a stand-in
    print(*(loaded - before), file=sys.stderr)
"""


@pytest.fixture(scope="session")
def reader(_live_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The practice for runs that change nothing in it."""
    return Program(copied(_live_home, tmp_path_factory.mktemp("imports") / "live"))


@cache
def _imported(program: Program, *arguments: str, stdin: str = "", **environment: str) -> frozenset[str]:
    """Every module that a run imports."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**program.environment, "PORTALCTL_PROFILE": "anna", **environment},
        capture_output=True,
        input=stdin,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return frozenset(done.stderr.splitlines()[-1].split())


def _foreign(modules: Collection[str]) -> set[str]:
    """The libraries among them that are neither Python's nor ours."""
    found = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - {"portalctl"}
    return {module for module in found if not module.startswith("_sysconfigdata")}


@pytest.mark.parametrize(
    ("command_line", "may_import"),
    [
        ("--version", PARSER),
        ("--help", PARSER),
        ("appointments --help", PARSER),
        ("appointments list --help", PARSER),
        ("practice staff --help", PARSER),
        ("docs --help", PARSER),
        ("docs list --help", PARSER),
        ("profiles list --json", PARSER | MODELS),
        ("whoami --json", PORTAL),
        ("dashboard --json", PORTAL),
        ("appointments list --json", PORTAL),
        ("appointments list --all --format jsonl", PORTAL),
        ("appointments list --format csv", PORTAL),
        ("appointments list --format ids", PORTAL),
        ("appointments slots --json", PORTAL),
        ("docs list --json", PORTAL),
        ("inbox list --json", PORTAL),
        ("inbox list", TABLE),
        ("docs list", TABLE),
        ("appointments slots", TABLE),
        ("appointments services", TABLE),
        ("dashboard", TABLE),
        ("settings show --json", PORTAL),
        ("settings sessions list", TABLE),
        ("appointments ics", CALENDAR),
        ("settings mfa status --json", PORTAL),
        ("settings tokens list --json", PORTAL),
    ],
)
def test_a_command_imports_no_library_that_it_does_not_use(
    reader: Program, command_line: str, may_import: set[str]
) -> None:
    """Above all: argon2, zxcvbn, keyring, rich, httpx and e-mail checks only where a command cannot do without."""
    assert _foreign(_imported(reader, *command_line.split())) <= may_import


def test_models_are_read_without_what_searches_for_plugins(reader: Program) -> None:
    """Unless somebody says that plugins are wanted; and a pydantic that wants more of it than today's finds it."""
    assert "importlib.metadata" not in _imported(reader, "whoami", "--json")
    assert "importlib.metadata" in _imported(reader, "whoami", "--json", PYDANTIC_DISABLE_PLUGINS="some")
    code = (
        "from portalctl.app import _leave_plugins_out; _leave_plugins_out()\n"
        "from pydantic.plugin._loader import get_plugins, PYDANTIC_ENTRY_POINT_GROUP; print(*get_plugins())\n"
        "from pydantic.plugin._loader import get_plugins; print(*get_plugins(), get_plugins.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=reader.environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\npydantic.plugin._loader\n", "")


def folder_of_many(place: Path) -> str:
    """A folder with more files than a person is told of one by one."""
    folder = place / "files"
    folder.mkdir()
    for number in range(101):
        (folder / f"{number}.txt").write_text(f"{number}\n")
    return str(folder)


UPLOAD = ("docs", "upload", "--profile", "practice", "--client", "anna@example.com", "--yes", "-r")


def test_files_are_shared_into_a_portal_file_without_any_model(live: Program, tmp_path: Path) -> None:
    """To load pydantic and the models takes as long as to share hundreds of files."""
    modules = _imported(live, *UPLOAD, folder_of_many(tmp_path))
    assert "portalctl.domain.batches" in modules
    assert _foreign(modules) <= PARSER | {"apsw"}


def test_a_run_that_is_done_loads_no_model_and_opens_no_portal(live: Program, tmp_path: Path) -> None:
    """To find out that ten thousand files were sent before takes less time than loading what would send them."""
    upload = (*UPLOAD, folder_of_many(tmp_path))
    live.ok(*upload)
    modules = _imported(live, *upload, PORTALCTL_NO_INPUT="1")  # which breaks the seal: the long way is looked at
    assert "typer" in modules
    assert _foreign(modules) <= PARSER
    assert not _rooms(modules) & {"domain", "storage", "server"}


@pytest.mark.parametrize(
    ("command_line", "answer"), [("whoami --json", IDENTITY), ("appointments list --json", {"items": []})]
)
def test_a_command_on_a_portal_server_loads_no_rule_and_no_database(
    reader: Program, command_line: str, answer: object
) -> None:
    """Nor what is for a second try alone, nor the command line of httpx, which comes with rich and click."""
    with hostile(record(answer)) as server:
        there = {"PORTALCTL_PORTAL": server.url, "PORTALCTL_TOKEN": "token"}
        modules = _imported(reader, *command_line.split(), **there)
    assert "httpx" in modules
    never = {
        "apsw",
        "psycopg",
        "stamina",
        "tenacity",
        "keyring",
        "argon2",
        "rich",
        "click",
        "pygments",
        "tabulate",
        "starlette",
    }
    assert not _foreign(modules) & never
    assert not _rooms(modules) & {"domain", "storage", "server", "mail"}


@pytest.mark.parametrize(
    "words",
    ["portalctl a", "portalctl appointments l", "portalctl appointments list --f", "portalctl practice staff a"],
)
def test_a_completion_imports_the_parser_alone(reader: Program, words: str) -> None:
    completion = {
        "_PORTALCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    modules = _imported(reader, **completion)
    assert _foreign(modules) <= PARSER
    assert not _rooms(modules) & {"models", "contract", "domain", "storage", "backends", "output", "config"}


SIGN_IN = TABLE | {"argon2", "_argon2_cffi_bindings", "_cffi_backend", "email_validator", "idna", "dns", "tomli_w"}
SECOND_FACTOR = {"pyotp", "cryptography", "_openssl"}


def test_only_who_has_a_second_factor_waits_for_what_it_needs(live: Program) -> None:
    """Neither a sign-in without one, nor a factor without a picture, loads more than it uses."""
    password = ("--profile", "anna", "--password-stdin")
    modules = _foreign(_imported(live, "login", *password, stdin=ANNA_PASSWORD))
    assert modules <= SIGN_IN
    modules = _foreign(_imported(live, "settings", "mfa", "setup", *password, "--show-secret", stdin=ANNA_PASSWORD))
    assert modules - SIGN_IN == SECOND_FACTOR


@pytest.mark.parametrize("command_line", ["--version", "--help", "appointments --help", "appointments list --help"])
def test_help_and_version_load_the_commands_alone(reader: Program, command_line: str) -> None:
    modules = _imported(reader, *command_line.split())
    assert _rooms(modules) <= {"app", "commands", "context", "clock"}


def test_a_group_that_is_not_asked_for_is_not_loaded(reader: Program) -> None:
    loaded = {module for module in _imported(reader, "--help") if module.startswith("portalctl.commands.")}
    assert loaded == {"portalctl.commands.root", "portalctl.commands.groups", "portalctl.commands.options"}


def test_a_list_loads_no_rule_of_booking(reader: Program) -> None:
    modules = _imported(reader, "appointments", "list", "--json")
    assert not modules & {"portalctl.domain.booking", "portalctl.domain.availability"}


def _rooms(modules: Collection[str]) -> set[str]:
    """The parts of portalctl among them."""
    return {module.split(".")[1] for module in modules if module.startswith("portalctl.")}
