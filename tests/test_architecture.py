"""The house stands as drawn: imports point one way, each foreign library has one room, names say what things are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import portalctl
from portalctl import errors

ROOT = Path(portalctl.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

FOUNDATION = {"__init__", "errors", "models"}
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "errors": set(),
    "clock": set(),
    "models": {"models"},
    "contract": {*FOUNDATION, "contract"},
    "storage": {*FOUNDATION, "storage"},
    "gateways": {*FOUNDATION, "gateways"},
    "papers": {*FOUNDATION, "papers"},
    "domain": {*FOUNDATION, "clock", "contract", "storage", "gateways", "papers", "domain"},
    "private_files": {"errors"},
    "mail": {*FOUNDATION, "clock", "contract", "storage", "domain", "output", "mail"},
    "backends": {
        *(*FOUNDATION, "clock", "contract", "storage", "gateways", "domain", "mail", "private_files"),
        "backends",
    },
    "server": {
        *(*FOUNDATION, "clock", "contract", "storage", "gateways", "domain", "output", "mail"),
        *("private_files", "backends", "server"),
    },
    "output": {*FOUNDATION, "output"},
    "config": {"errors", "private_files"},
    "credentials": {"errors", "private_files", "config"},
    "prompt": {"errors"},
    "sample": {*FOUNDATION, "clock", "contract", "gateways"},
    "context": {*FOUNDATION, "clock", "contract", "backends", "output", "config", "credentials", "prompt"},
    "reporting": {"errors", "context"},
    "transfer": {*FOUNDATION, "clock", "contract", "output", "private_files", "transfer"},
    "commands": {
        *(*FOUNDATION, "clock", "contract", "backends", "output", "config", "credentials", "private_files", "prompt"),
        *("sample", "server", "context", "transfer", "gateways", "commands"),
    },
    "app": {*FOUNDATION, "context", "reporting", "transfer", "commands"},
    "testing": {*FOUNDATION, "contract", "gateways", "testing"},
    "__main__": {"app"},
}
"""What each room may import. Whatever stands here may also be named for types alone."""

KNOWN_ONLY_TO: dict[str, set[str]] = {
    "typer": {"commands", "app", "reporting"},
    "apsw": {"storage"},
    "sqlite3": set(),
    "keyring": {"credentials"},
    "argon2": {"domain"},
    "zxcvbn": {"domain"},
    "puremagic": {"domain"},
    "icalendar": {"output"},
    "fpdf": {"papers"},
    "fontTools": {"papers"},
    "tabulate": {"output"},
    "click": set(),
    "rich": {"transfer"},
    "httpx": {"backends", "gateways"},
    "stripe": {"gateways"},
    "localstripe": set(),
    "aiohttp": set(),
    "stamina": {"backends"},
    "obstore": {"storage"},
    "psycopg": {"storage"},
    "psycopg_pool": {"storage"},
    "smtplib": {"mail"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "jinja2": {"server"},
    "structlog": {"server"},
    "orjson": {"server"},
    "prometheus_client": {"server"},
    "qrcode": {"commands"},
    "babel": {"output", "models"},
    "phonenumbers": {"domain"},
    "pyotp": {"domain", "testing"},
    "cryptography": {"domain"},
    "pytest": {"testing"},
    "hypothesis": {"testing"},
    "requests": set(),
    "sqlalchemy": set(),
}
"""Libraries that only these rooms know; for types alone others may name them."""


class Import(NamedTuple):
    """One imported module, where it stands, and how."""

    file: Path
    line: int
    module: str
    for_types: bool
    at_top: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT.parent)}:{self.line} imports {self.module}"


def room(module: Path) -> str:
    """The folder under portalctl that a module is in, or its own name."""
    return module.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def tree(module: Path) -> ast.Module:
    """A module's syntax."""
    return ast.parse(module.read_text(), str(module))


def imports(module: Path) -> Iterator[Import]:
    """Every import of a module, also those within functions and those for types."""
    typed = {
        node
        for guard in ast.walk(tree(module))
        if isinstance(guard, ast.If) and ast.unparse(guard.test) == "TYPE_CHECKING"
        for node in ast.walk(guard)
    }
    top = set(tree(module).body)
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: write imports in full"
            source = node.module or ""
            names = [f"{source}.{alias.name}" for alias in node.names] if source == "portalctl" else [source]
        else:
            continue
        for name in names:
            yield Import(module, node.lineno, name, node in typed, node in top)


@cache
@cache
def all_imports() -> list[Import]:
    """Every import of every module."""
    return [found for module in MODULES for found in imports(module)]


def own(found: Import) -> str | None:
    """The room that an import reaches, or None for a foreign library."""
    first, _, rest = found.module.partition(".")
    if first != "portalctl":
        return None
    name = rest.partition(".")[0]
    return name if (ROOT / name).is_dir() or (ROOT / f"{name}.py").exists() else "__init__"


def test_every_room_of_the_house_is_on_the_plan() -> None:
    """A new one is put into the table of imports with thought, not by accident."""
    assert {room(module) for module in MODULES} == MAY_IMPORT.keys()


def test_imports_point_one_way() -> None:
    """Contract and storage do not know each other, the domain knows no command, output knows records only."""
    wrong = [
        str(found)
        for found in all_imports()
        if (reached := own(found)) is not None and reached not in MAY_IMPORT[room(found.file)]
    ]
    assert not wrong


def test_the_plan_itself_has_no_way_back() -> None:
    """Ordering the rooms succeeds: a room that may import another is never imported by it, except for types."""
    from graphlib import TopologicalSorter

    order = list(TopologicalSorter({name: reached - {name} for name, reached in MAY_IMPORT.items()}).static_order())
    assert order.index("contract") < order.index("domain") < order.index("backends") < order.index("commands")


@pytest.mark.parametrize(("library", "rooms"), KNOWN_ONLY_TO.items(), ids=KNOWN_ONLY_TO.keys())
def test_a_foreign_library_is_known_only_to_its_rooms(library: str, rooms: set[str]) -> None:
    """So that it can be replaced in one place; for types alone it may be named elsewhere."""
    wrong = [
        str(found)
        for found in all_imports()
        if found.module.partition(".")[0] == library and room(found.file) not in rooms and not found.for_types
    ]
    assert not wrong


def test_the_suite_knows_hypothesis_only_where_steps_are_taken_side_by_side() -> None:
    """A backend is held to the suite without it."""
    knows = {found.file.stem for found in all_imports() if found.module.partition(".")[0] == "hypothesis"}
    assert knows <= {"side_by_side", "asked", "choices"}


def test_reporting_knows_typer_only_when_something_failed() -> None:
    """Its errors are translated there, and loading it is no part of a command that succeeds."""
    assert not [str(found) for found in imports(ROOT / "reporting.py") if found.at_top and found.module == "typer"]


def test_annotations_of_models_are_values() -> None:
    """Of texts pydantic would evaluate every one before a command that loads the model can begin."""
    assert not [str(found) for found in all_imports() if room(found.file) == "models" and found.module == "__future__"]


def _is_docstring(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    return isinstance(parents.get(node), ast.Expr)


def _strings(module: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module's code, without its docstrings."""
    parents = {child: node for node in ast.walk(tree(module)) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not _is_docstring(node, parents):
            yield node.lineno, node.value


SQL = re.compile(
    r"\bSELECT\s.+\sFROM\s|\bINSERT\s+INTO\b|\bUPDATE\s+\w+\s+SET\b|\bDELETE\s+FROM\b|\bPRAGMA\s", re.DOTALL
)


def test_sql_is_written_in_storage_only() -> None:
    """Other rooms ask storage in words."""
    wrong = [
        f"{module.relative_to(ROOT)}:{line}"
        for module in MODULES
        if room(module) != "storage"
        for line, text in _strings(module)
        if SQL.search(text)
    ]
    assert not wrong


def test_no_list_pages_by_offset() -> None:
    """Lists page by key: they cost the same at ten rows and at ten million."""
    wrong = [
        f"{module.relative_to(ROOT)}:{line}"
        for module in MODULES
        if room(module) == "storage"
        for line, text in _strings(module)
        if re.search(r"\bOFFSET\b", text)
    ]
    assert not wrong


NOW = {
    *(
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "datetime.datetime.now",
        "datetime.date.today",
    ),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.strftime"),
}


def test_only_the_clock_asks_what_time_it_is() -> None:
    """One clock is injected everywhere; elapsed time by time.monotonic is another matter."""
    wrong = [
        f"{module.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for module in MODULES
        if room(module) != "clock"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in NOW
    ]
    wrong += [str(found) for found in all_imports() if found.module == "time" and _names_time(found)]
    assert not wrong


def _names_time(found: Import) -> bool:
    """Whether an import takes `time` itself out of its module, where the walk would not see it called."""
    line = found.file.read_text().splitlines()[found.line - 1]
    return re.search(r"from time import .*\b(time|time_ns|localtime|gmtime|strftime|ctime)\b", line) is not None


def test_the_database_never_asks_what_time_it_is() -> None:
    """Moments are given to it by the clock, in SQL as in schemas."""
    asks = re.compile(r"CURRENT_(TIMESTAMP|DATE|TIME)|'now'|unixepoch\(\)|\bnow\(\)", re.IGNORECASE)
    schemas = sorted((ROOT / "storage" / "schema").rglob("*.sql"))
    assert schemas
    wrong = [str(schema.relative_to(ROOT)) for schema in schemas if asks.search(schema.read_text())]
    wrong += [
        f"{module.relative_to(ROOT)}:{line}"
        for module in MODULES
        if room(module) == "storage"
        for line, text in _strings(module)
        if asks.search(text)
    ]
    assert not wrong


EVASIVE = {"utils", "util", "helpers", "helper", "base", "manager", "managers", "common", "misc"}


def test_every_module_is_named_after_what_is_in_it() -> None:
    """A drawer for everything is none."""
    assert not [module for module in MODULES if module.stem in EVASIVE or module.parent.name in EVASIVE]


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    """What outgrows that is two things; the errors are a catalogue, of which one does not read but looks up."""
    lengths = {str(module.relative_to(ROOT)): len(module.read_text().splitlines()) for module in MODULES}
    assert not {name: lines for name, lines in lengths.items() if lines > 400 and name != "errors.py"}


def test_only_the_root_of_the_commands_ends_the_process() -> None:
    """Errors rise until there; nothing else exits or prints, but a forked child: it must not return into a copy."""
    ends = {"sys.exit", "os._exit", "exit", "quit", "print"}
    forks = {("twin", "os._exit"), ("seals", "os._exit")}
    wrong = [
        f"{module.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}"
        for module in MODULES
        if room(module) not in {"app", "__main__"}
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ends
        if (module.stem, ast.unparse(node.func)) not in forks
    ]
    assert not wrong


def test_no_child_process_goes_through_a_shell() -> None:
    """Programs are started with an argument list."""
    wrong = [
        f"{module.relative_to(ROOT)}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func) in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}
            or any(word.arg == "shell" for word in node.keywords)
        )
    ]
    assert not wrong


def drawn() -> dict[str, tuple[str | None, int]]:
    """The tree on top of errors.py: each class with its parent and exit code."""
    found: dict[str, tuple[str | None, int]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        body = line.lstrip("│├└─ \u00a0")
        depth = (len(line) - len(body)) // 4
        for word in re.split(r" {2,}", body):
            named = re.fullmatch(r"([A-Z][A-Za-z]+)(?: \((\d+)\))?", word)
            if named is None:
                break
            parent = above[depth - 1] if depth else None
            code = int(named[2]) if named[2] else found[parent or ""][1]
            found[named[1]] = (parent, code)
            above[depth:] = [named[1]]
    return found


def classes() -> dict[str, type[errors.PortalError]]:
    """Every class of errors.py by its name."""
    return {
        name: found
        for name, found in vars(errors).items()
        if isinstance(found, type) and found.__module__ == errors.__name__
    }


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    """Each class stands under its parent, with its exit code."""
    actual = {
        name: (found.__base__.__name__ if found is not errors.PortalError and found.__base__ else None, found.exit_code)
        for name, found in classes().items()
    }
    assert drawn() == actual


def test_every_error_has_a_code_of_its_own_in_snake_case() -> None:
    """Scripts act on codes: two failures never share one."""
    codes = {name: found.code for name, found in classes().items()}
    assert not [code for code in codes.values() if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)]
    assert len(set(codes.values())) == len(codes), sorted(codes.values())


def test_every_error_says_what_it_means_and_fits_http() -> None:
    """The docstring is for people, the status for the wire."""
    for name, found in classes().items():
        assert found.__doc__, name
        assert found.status in {400, 401, 402, 403, 404, 409, 412, 413, 415, 422, 423, 429, 460, 500, 501, 502, 503}, (
            name
        )
        assert found.exit_code in {1, 2, 3, 4, 5, 6, 7, 8}, name
