"""`portalctl login --web` and `devices`: a code is shown, somebody decides elsewhere, the session is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import qrcode

from portalctl import errors
from portalctl.commands.qr_codes import qr_lines
from portalctl.commands.web_sign_in import own_name, wait
from portalctl.domain import devices
from portalctl.models.devices import DeviceCode
from portalctl.models.role import Role
from portalctl.models.sessions import Identity, SignedIn
from tests.cli.asking import refused
from tests.cli.conftest import MORNING, Cli
from tests.cli.live import Program, ended
from tests.serving import Serving, serving

CODE = r"[A-Z]{4}-[A-Z]{4}"

STARTED = DeviceCode(
    device_code="secret",
    user_code="WDJB-MJHT",
    verification_uri="https://portal.example.com/device",
    verification_uri_complete="https://portal.example.com/device?user_code=WDJB-MJHT",
    expires_in=600,
    interval=5,
)

SIGNED_IN = SignedIn(
    token="pct_x",
    identity=Identity(
        account_id="acc_1",
        name="Anna",
        email="anna@example.com",
        role=Role.CLIENT,
        timezone="Europe/Rome",
        practice="Studio Rossi",
        session_expires_at=MORNING,
    ),
)


class Elapsed:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """How much has passed."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


def answers(told: Sequence[type[errors.PortalError] | SignedIn]) -> Callable[[], SignedIn]:
    """A portal that answers this to one poll after the other, and the last of it for ever."""
    left = list(told)

    def poll() -> SignedIn:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, SignedIn):
            return answer
        raise answer("told so")

    return poll


class TestWaiting:
    @pytest.fixture
    def time(self) -> Elapsed:
        """No real time passes."""
        return Elapsed()

    def ask(self, time: Elapsed, *told: type[errors.PortalError] | SignedIn) -> SignedIn:
        """Wait for an answer."""
        return wait(answers(told), STARTED, monotonic=time.monotonic, sleep=time.sleep)

    def test_it_asks_at_the_interval_until_there_is_an_answer(self, time: Elapsed) -> None:
        pending = errors.AuthorizationPending
        assert self.ask(time, pending, pending, SIGNED_IN) == SIGNED_IN
        assert time.slept == [5, 5, 5]

    def test_slow_down_adds_five_seconds_for_good(self, time: Elapsed) -> None:
        pending, slow = errors.AuthorizationPending, errors.SlowDown
        self.ask(time, slow, pending, slow, pending, SIGNED_IN)
        assert time.slept == [5, 10, 10, 15, 15]

    def test_network_trouble_backs_off_to_a_minute_and_is_forgotten_once_the_portal_answers(
        self, time: Elapsed
    ) -> None:
        lost, pending = errors.NetworkFailure, errors.AuthorizationPending
        self.ask(time, lost, lost, errors.TooManyRequests, lost, lost, pending, SIGNED_IN)
        assert time.slept == [5, 10, 20, 40, 60, 60, 5]

    @pytest.mark.parametrize("end", [errors.AccessDenied, errors.ExpiredToken, errors.NotFound])
    def test_any_other_answer_ends_it(self, time: Elapsed, end: type[errors.PortalError]) -> None:
        with pytest.raises(end):
            self.ask(time, errors.AuthorizationPending, end)
        assert time.slept == [5, 5]

    def test_it_ends_by_itself_when_the_code_has_run_out(self, time: Elapsed) -> None:
        with pytest.raises(errors.ExpiredToken):
            self.ask(time, errors.AuthorizationPending)
        assert sum(time.slept) == 600

    def test_a_portal_that_stays_away_is_named_as_the_reason(self, time: Elapsed) -> None:
        with pytest.raises(errors.NetworkFailure):
            self.ask(time, errors.NetworkFailure)
        assert sum(time.slept) == 600

    def test_a_portal_without_an_interval_is_not_asked_without_pause(self, time: Elapsed) -> None:
        hasty = STARTED.model_copy(update={"interval": 0, "expires_in": 3})
        with pytest.raises(errors.ExpiredToken):
            wait(answers([errors.AuthorizationPending]), hasty, monotonic=time.monotonic, sleep=time.sleep)
        assert time.slept == [1, 1, 1]


def test_the_drawn_code_is_the_code() -> None:
    """Read back block by block, it is what the library made, within its quiet zone."""
    lines = qr_lines(STARTED.verification_uri_complete)
    halves = {"█": (False, False), "▀": (False, True), "▄": (True, False), " ": (True, True)}
    rows = [[halves[block][half] for block in line] for line in lines for half in (0, 1)]
    code = qrcode.QRCode(border=2, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(STARTED.verification_uri_complete)
    code.make()
    wanted = code.get_matrix()
    assert rows[: len(wanted)] == wanted


@pytest.mark.parametrize("name", ["", "a\x1b[2Jb", "x\u202e\n"])
def test_a_machine_with_an_unshowable_name_is_just_portalctl(name: str) -> None:
    assert own_name(name) == "portalctl"
    assert own_name("laptop") == "portalctl on laptop"


def test_a_portal_in_a_file_says_how_to_sign_in_instead(cli: Cli) -> None:
    result = cli("login", "--web", profile="anna")
    refused(result, "no web page", "portalctl login", code=5)


@pytest.mark.parametrize(
    "options",
    [("--email", "anna@example.com"), ("--password-stdin",), ("--password-file", "x")],
    ids=lambda options: options[0],
)
def test_the_page_asks_for_address_and_password_not_the_shell(cli: Cli, options: tuple[str, ...]) -> None:
    refused(cli("login", "--web", *options, profile="anna"), "--web")


def test_no_browser_without_web_is_a_slip(cli: Cli) -> None:
    refused(cli("login", "--no-browser", profile="anna"), "--web")


@pytest.fixture
def server(live: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """The practice of `live`, served under the machine's clock; devices may ask every second."""
    monkeypatch.setattr(devices, "INTERVAL_SECONDS", 1)
    with serving(f"sqlite://{live.home}/data/portal.db") as running:
        yield running


@pytest.fixture
def browser(live: Program, tmp_path: Path) -> Path:
    """Where a program that plays the browser writes down what it was asked to open."""
    opened = tmp_path / "opened"
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {opened}.part && mv {opened}.part {opened}\n')
    program.chmod(0o700)
    live.environment["BROWSER"] = str(program)
    return opened


def login(server: Serving, *options: str) -> tuple[str, ...]:
    """The words that sign in on the web."""
    return ("--profile", "web", "login", "--web", "--portal", server.url, "--store", "file", *options)


class TestOnATerminal:
    def test_a_code_a_link_and_a_drawing_are_shown_and_who_allows_it_signs_the_shell_in(
        self, live: Program, server: Serving, browser: Path
    ) -> None:
        terminal = live.on_terminal(*login(server))
        terminal.expect(CODE)
        code = str(terminal.after)
        terminal.expect_exact(f"{server.url}/device?user_code={code}")
        terminal.expect("[█▀▄ ]{30,}\r\n")
        terminal.expect_exact("Your browser was asked")
        terminal.expect_exact("Waiting")
        allowing = live.on_terminal("--profile", "anna", "devices", "allow", code.lower())
        allowing.expect(r"Let portalctl on \S+, asking from 127\.0\.0\.1, act as you\?")
        allowing.sendline("y")
        allowing.expect_exact("Allowed.")
        assert ended(allowing) == 0
        terminal.expect_exact("anna@example.com is signed in under the profile `web`.")
        assert ended(terminal) == 0
        assert '"email": "anna@example.com"' in live.ok("--profile", "web", "whoami", "--json")
        assert browser.read_text() == f"{server.url}/device?user_code={code}\n"

    def test_an_interrupt_ends_the_wait_at_once(self, live: Program, server: Serving, browser: Path) -> None:
        terminal = live.on_terminal(*login(server, "--no-browser"), columns=30)
        terminal.expect_exact("Ctrl-C")
        assert not re.search("[█▀▄]", str(terminal.before)), "the terminal is too narrow to draw on"
        terminal.sendintr()
        terminal.timeout = 15
        assert ended(terminal) == 130
        assert not browser.exists()
        assert not (live.home / "state" / "web").exists()


def test_on_pipes_the_code_is_on_stderr_and_the_identity_on_stdout(
    live: Program, server: Serving, browser: Path
) -> None:
    process = live.start(*login(server, "--json"), text=True)
    shown = ""
    while not (found := re.search(CODE, shown)):
        shown += process.stderr.readline()
    owner = ("--profile", "practice", "devices")
    assert found[0] in live.ok(*owner, "show", found[0])
    asked = live.run(*owner, "allow", found[0])
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    live.ok(*owner, "allow", found[0], "--yes")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert '"email": "rossi@example.com"' in out
    assert not re.search("[█▀▄]", shown + err)
    assert not browser.exists()


def test_a_refusal_ends_it_with_4(live: Program, server: Serving) -> None:
    process = live.start(*login(server, "--json"), text=True)
    shown = ""
    while not (found := re.search(CODE, shown)):
        shown += process.stderr.readline()
    live.ok("--profile", "ben", "devices", "refuse", found[0])
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (4, "")
    assert '"code": "access_denied"' in err
