"""The same commands on a portal server as on a portal file: nothing but the URL differs."""

from __future__ import annotations

import json
import signal
import socket
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina

from tests.backends.conftest import Authority
from tests.backends.hostile import IDENTITY, hold, hostile, problem, record, reply
from tests.cli.asking import refused
from tests.cli.conftest import ANNA_PASSWORD, OWNER_PASSWORD, Cli
from tests.cli.live import PATIENCE, Program, shell_code
from tests.output.appointment_samples import appointment
from tests.serving import Serving, serving

OWNER = ("--profile", "practice")
ANNA = ("--profile", "anna")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A portal that nobody has set up yet."""
    with serving(f"sqlite://{tmp_path_factory.mktemp('served')}/portal.db") as running:
        yield running


@pytest.fixture(scope="module")
def program(server: Serving, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Processes whose profile `practice` is signed in to a practice on that server."""
    cli = Cli(tmp_path_factory.mktemp("home"))
    cli.now = datetime.now(UTC)
    cli.ok(
        *("practice", "init", *OWNER, "--portal", server.url.replace("127.0.0.1", "LOCALHOST") + "/"),
        *("--setup", server.set_up_code, "--name", "Studio Rossi", "--owner", "Dr Rossi"),
        *("--email", "rossi@example.com", "--timezone", "Europe/Rome", "--password-stdin", "--store", "file"),
        stdin=OWNER_PASSWORD,
    )
    cli.ok("practice", "services", "add", "First visit", "--duration", "50m", *OWNER)
    cli.ok("practice", "hours", "set", "rossi@example.com", "--days", "mon-sun", "--windows", "08:00-20:00", *OWNER)
    return Program(cli.home)


def told(program: Program, *arguments: str) -> Any:
    """What a command answers, as JSON."""
    return json.loads(program.ok(*arguments, "--json"))


def test_a_practice_and_its_client_work_as_on_a_portal_file(program: Program, server: Serving) -> None:
    link = told(program, "practice", "invite", "anna@example.com", "--name", "Anna Bianchi", *OWNER)["link"]
    assert link.startswith(f"{server.url}/invite/")
    program.ok("signup", "-", *ANNA, "--password-stdin", "--store", "file", stdin=f"{link}\n{ANNA_PASSWORD}")
    kept = tomllib.loads((program.home / "config.toml").read_text())["profiles"]
    portals = {name: profile["portal"] for name, profile in kept.items()}
    assert portals == {"practice": f"http://localhost:{server.port}", "anna": server.url}, "in one form, as kept"
    soon = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
    slots = [slot["id"] for slot in told(program, "appointments", "slots", "--from", soon, "--limit", "1", *ANNA)]
    booked = told(program, "appointments", "book", slots[0], "--note", "Knee — left\nonly", *ANNA)
    assert booked["note"] == "Knee — left\nonly"
    assert "First visit" in program.ok("dashboard", *ANNA)
    assert booked["id"] in program.ok("appointments", "ics", booked["id"], *ANNA)
    assert [each["id"] for each in told(program, "practice", "calendar", *OWNER)] == [booked["id"]]
    cancelled = told(program, "appointments", "cancel", booked["id"][:10], "--reason", "ill", *ANNA)
    assert cancelled["status"] == "cancelled"
    invites = told(program, "practice", "invites", "list", *OWNER)
    assert [(each["email"], each["state"]) for each in invites] == [("anna@example.com", "redeemed")]
    refused = program.run("practice", "invites", "list", *ANNA, "--json")
    assert (refused.returncode, json.loads(refused.stderr)["error"]["code"]) == (5, "not_permitted")


def test_signing_in_anew_and_out_leaves_nothing_behind(program: Program, server: Serving) -> None:
    again = ("--profile", "again")
    login = ("login", *again, "--portal", server.url, "--email", "rossi@example.com", "--password-stdin")
    assert "signed in" in program.run(*login, "--store", "file", stdin=OWNER_PASSWORD).stderr
    assert program.run("logout", *again).stderr == "Signed out of the profile `again`.\n"
    assert program.run("whoami", *again).returncode == 4


def signed_in_at(home: Path, url: str) -> Cli:
    """A home with one session, kept for a portal of that URL."""
    cli = Cli(home)
    cli.environment["PORTALCTL_PROFILE"] = "kept"
    (home / "state").mkdir(parents=True, mode=0o700)
    (home / "config.toml").write_text(f'[profiles.kept]\nportal = "{url}"\nstore = "file"\n')
    sessions = home / "state" / "sessions.json"
    sessions.write_text(json.dumps({"kept": json.dumps({"origin": url, "token": "the-kept-token"})}))
    for file in (sessions, home / "config.toml"):
        file.chmod(0o600)
    return cli


def test_what_needs_the_portals_file_is_unsupported(tmp_path: Path) -> None:
    """It is done on the machine that holds the portal."""
    cli = signed_in_at(tmp_path, "https://portal.example.com")
    (tmp_path / "backup").write_bytes(b"")
    for command in (
        ("practice", "backup", str(tmp_path / "new")),
        ("practice", "restore", str(tmp_path / "backup")),
        ("practice", "restore", str(tmp_path / "backup"), "--replace", "--yes"),
        ("practice", "outbox", "send", "--smtp", "smtp://127.0.0.1:1"),
    ):
        done = cli(*command, "--json")
        assert (done.code, done.error["code"]) == (5, "unsupported"), done
    assert cli("demo", "--portal", "https://portal.example.com").code == 5


def test_a_session_is_sent_to_the_portal_it_came_from_and_to_no_other(tmp_path: Path) -> None:
    with hostile(record(IDENTITY)) as home, hostile(problem("sign_in_needed", 401)) as other:
        cli = signed_in_at(tmp_path, f"http://localhost:{home.port}")
        cli.ok("whoami", "--json")
        cli.ok("whoami", "--json", "--portal", f"HTTP://Localhost:{home.port}/")
        assert len(home.requests) == 2
        assert all(b"Authorization: Bearer the-kept-token\r\n" in each for each in home.requests)
        cli("whoami", "--json", "--portal", f"http://localhost:{other.port}")
        cli("whoami", "--json", "--portal", f"http://127.0.0.1:{home.port}")
        cli("whoami", "--json", "--portal", f"http://localhost:{home.port}/another")
        cli("whoami", "--json", "--portal", f"https://localhost:{home.port}")
        assert len(home.requests + other.requests) == 5
        assert not any(b"the-kept-token" in each for each in [*home.requests[2:], *other.requests])


def test_a_session_that_has_ended_names_the_profile_to_sign_in_to(tmp_path: Path) -> None:
    with hostile(problem("sign_in_needed", 401, hint="sign in again with: portalctl login")) as server:
        done = signed_in_at(tmp_path, server.url)("whoami", "--json")
    assert (done.code, done.error["hint"]) == (4, "sign in again with: portalctl --profile kept login")


def test_signing_out_offline_wipes_the_session_here(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://localhost:{closed.getsockname()[1]}"
    with stamina.set_testing(True, attempts=1):
        done = signed_in_at(tmp_path, url).ok("logout")
    assert "The portal could not be told" in done.err
    assert "the-kept-token" not in (tmp_path / "state" / "sessions.json").read_text()


def test_an_interrupt_ends_the_wait_for_a_server_at_once(tmp_path: Path) -> None:
    with hostile(hold) as server:
        signed_in_at(tmp_path, server.url)
        process = Program(tmp_path).start("whoami", "--profile", "kept")
        deadline = time.monotonic() + PATIENCE
        while not server.requests and time.monotonic() < deadline:
            time.sleep(0.01)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        took = time.monotonic() - begin
    assert (shell_code(process.returncode), out, err) == (130, b"", b"")
    assert took < 5, "within a second, where the machine is not busy"


def test_a_page_that_is_no_portal_is_told_in_one_line_that_moves_no_cursor(tmp_path: Path) -> None:
    with hostile(reply("<html>\x1b]0;owned\x07\u202e" + "x" * 500, 200, "text/html")) as server:
        done = signed_in_at(tmp_path, server.url)("whoami")
    refused(done, "is not a portal server", "\\x1b]0;owned\\x07", code=7)
    assert done.err.replace("\n", "").isprintable()


def test_a_code_of_a_newer_server_reaches_scripts_and_its_words_move_no_cursor(tmp_path: Path) -> None:
    with hostile(problem("moon_phase_wrong", 409, detail="wait \x1b[2J", hint="look \x1b[A up")) as server:
        cli = signed_in_at(tmp_path, server.url)
        script, person = cli("whoami", "--json"), cli("whoami")
    assert (script.code, script.error["code"], script.error["exit_code"]) == (5, "moon_phase_wrong", 5)
    assert script.error["message"] == "wait \x1b[2J"
    assert person.err == "Error: wait \\x1b[2J\nHint: look \\x1b[A up\n"
    assert "\x1b" not in script.err


def test_a_word_that_only_a_newer_portal_knows_is_shown_raw(tmp_path: Path) -> None:
    told = appointment().model_dump(mode="json") | {"status": "teleported", "place": "moon", "mood": "good"}
    with hostile(record({"items": [told], "next": None})) as server:
        cli = signed_in_at(tmp_path, server.url)
        listed = cli.ok("appointments", "list", "--all", "--json")
        csv = cli.ok("appointments", "list", "--all", "--format", "csv", "--fields", "status,place")
        unknown = cli("practice", "calendar", "--status", "teleported")
    assert [(each["status"], each["place"]) for each in listed.data] == [("teleported", "moon")]
    assert "mood" not in listed.data[0]
    assert csv.out.splitlines()[1:] == ["teleported,moon"]
    assert listed.err == csv.err == ""
    assert unknown.code == 2, "what is asked stays strict"


def test_an_older_server_is_told_with_what_it_lacks(tmp_path: Path) -> None:
    with hostile(problem("no_such_operation", 404, {"Portal_Version": "0.0.1"})) as server:
        done = signed_in_at(tmp_path, server.url)("dashboard")
    refused(done, "the portal server (0.0.1) does not know dashboard.show", "needs a newer version", code=5)


def test_debug_says_how_the_server_is_reached_and_not_with_which_session(tmp_path: Path) -> None:
    with hostile(record(IDENTITY)) as server:
        done = signed_in_at(tmp_path, server.url).ok("whoami", "--json", "--debug")
    assert done.err == "Without TLS: nothing leaves this machine\n"
    assert "the-kept-token" not in done.out


def test_http_to_another_machine_is_refused_before_anything_is_sent(empty: Cli) -> None:
    refused(empty("whoami", "--portal", "http://portal.example.com"), "write https://")


def test_the_authority_that_was_named_at_sign_in_is_kept_with_the_profile(
    empty: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.chdir(tmp_path)
    signed_in = record({"token": "the-token", "identity": IDENTITY})
    login = ("login", "--email", "anna@example.com", "--password-stdin", "--store", "file")
    with hostile(signed_in, record(IDENTITY), tls=authority.server()) as server:
        alone = empty(*login, "--portal", server.url, stdin="x")
        assert (alone.code, "--ca-file" in alone.err) == (7, True)
        empty.ok(*login, "--portal", server.url, "--ca-file", "authority.pem", "--json", stdin="x")
        assert empty.ok("whoami", "--json").data["name"] == "Anna Bianchi"
    assert f'ca_file = "{authority.file}"' in (empty.home / "config.toml").read_text()
    assert empty("whoami", "--json", "--ca-file", "/nowhere").code == 2


def test_messages_reach_a_watcher_over_http(program: Program) -> None:
    link = told(program, "practice", "invite", "wanda@example.com", "--name", "Wanda", *OWNER)["link"]
    wanda = ("--profile", "wanda")
    program.ok("signup", "-", *wanda, "--password-stdin", "--store", "file", stdin=f"{link}\n{ANNA_PASSWORD}")
    with program.start("inbox", "watch", "--jsonl", *wanda, text=True) as watcher:
        assert watcher.stderr.readline() == "Watching for new messages; Ctrl-C ends it.\n"
        text = ("--to", "Wanda", "--subject", "Your visit", "--body", "Come.")
        conversation = told(program, "inbox", "send", *text, *OWNER)["id"]
        assert json.loads(watcher.stdout.readline())["conversation_id"] == conversation
        watcher.send_signal(signal.SIGINT)
        assert shell_code(watcher.wait(PATIENCE)) == 130
        assert watcher.stderr.read() == ""
