"""The pages as people meet them: in a browser, on a phone and at a desk, with scripts off."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from portalctl.clock import system_clock
from tests.cli.live import PATIENCE, Program
from tests.pages.browser import Browser, browsing
from tests.pages.conftest import BEN, PASSWORD, Place, served


@pytest.fixture(scope="module")
def _browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that these tests share."""
    with browsing(tmp_path_factory.mktemp("screenshots")) as found:
        yield found


@pytest.fixture(scope="module")
def place(_practice: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The portal of Studio Rossi under the machine's own clock, shared by these tests."""
    with served(_practice, tmp_path_factory.mktemp("browsed") / "served", system_clock) as found:
        yield found


@pytest.fixture
def browser(_browser: Browser) -> Browser:
    """The browser of somebody without a cookie."""
    _browser.forget()
    return _browser


def command_shown(browser: Browser) -> list[str]:
    """The command line that the page gives for a terminal, as a shell reads it."""
    line = browser.find(".shell").text.replace("\n", " ")
    program, *arguments = shlex.split(line.removeprefix("$ "))
    assert program == "portalctl"
    return arguments


def test_an_invite_becomes_an_account_on_a_phone_and_signs_in_at_the_shell(
    place: Place, browser: Browser, tmp_path: Path
) -> None:
    browser.open(place.invite("anna@example.com", "Anna Bianchi"))
    assert browser.find("h1").text == "Studio Rossi invites you"
    browser.shoot("invite")
    browser.fill(password="anna bianchi 2026 x", again="anna bianchi 2026 x")
    browser.press("Make my account")
    browser.shoot("invite-corrected")
    assert browser.title == "Error: Your invite – Studio Rossi"
    assert browser.focused().get_attribute("role") == "alert"
    browser.find(".summary a").click()
    assert browser.focused().get_attribute("id") == "password"
    browser.fill(name="Anna B.", password=PASSWORD, again=PASSWORD)
    browser.press("Make my account")
    browser.shoot("joined")
    assert browser.title == "Your account is made – Studio Rossi"
    assert browser.address.partition("#")[0] == f"{place.url}/done"
    shell = Program(tmp_path / "home")
    shell.ok(*command_shown(browser), "--password-stdin", "--store", "file", stdin=PASSWORD)
    assert "Anna B." in shell.ok("whoami")


def test_a_login_on_the_web_is_allowed_on_the_device_page(place: Place, browser: Browser, tmp_path: Path) -> None:
    shell = Program(tmp_path / "home")
    with shell.start("login", "--web", "--no-browser", "--portal", place.url, "--store", "file", text=True) as login:
        link = next(found[0] for line in login.stderr if (found := re.search(r"https?://\S+user_code=\S+", line)))
        browser.open(link)
        browser.shoot("device-sign-in")
        browser.fill(email=BEN, password="not the password")
        browser.press("Sign in")
        assert "E-mail address or password is wrong." in browser.find(".summary").text
        browser.fill(password=PASSWORD)
        browser.press("Sign in")
        browser.shoot("device")
        assert browser.find(".code").text == link.rpartition("=")[2]
        assert "127.0.0.1" in browser.text
        browser.press("Allow")
        browser.shoot("allowed")
        assert browser.title == "The program is signed in – Studio Rossi"
        _, said = login.communicate(timeout=PATIENCE)
        assert login.returncode == 0, said
    assert "Ben Carter" in shell.ok("whoami")


def test_a_forgotten_password_is_set_anew_and_the_program_at_the_door_turned_away(
    place: Place, browser: Browser
) -> None:
    new = "copper lantern orchid nine"
    browser.open(place.reset_link())
    browser.shoot("reset")
    browser.fill(password=new, again=new)
    browser.press("Set the password")
    assert browser.title == "Your new password is set – Studio Rossi"
    browser.open(f"{place.url}/device")
    browser.fill(user_code=place.device().lower().replace("-", " "), email=BEN, password=new)
    browser.press("Sign in")
    browser.press("Refuse")
    browser.shoot("refused")
    assert browser.title == "The program was turned away – Studio Rossi"


def test_no_page_has_a_serious_fault_for_who_cannot_see_hear_or_point_well(place: Place, browser: Browser) -> None:
    """By axe in light and dark; and nothing is wider than a phone, or too small for a thumb."""
    wrong = {name: browser.findings() + too_wide_or_small(browser) for name in walk(place, browser)}
    assert not {name: found for name, found in wrong.items() if found}
    assert len(wrong) == 11


def test_without_a_browser_these_tests_skip_naming_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.skip.Exception, match=r"^needs the system program chromium$"), browsing(tmp_path):
        pass


def walk(place: Place, browser: Browser) -> Iterator[str]:
    """Bring the browser to each page in turn."""
    for name, path in (("front", "/"), ("nowhere", "/nowhere"), ("bad-link", "/invite/x"), ("device", "/device")):
        browser.open(place.url + path)
        yield name
    long = "Wolfeschlegelsteinhausenbergerdorff" * 5
    browser.open(place.invite("long@example.com", long))
    yield "invite"
    browser.find("summary").click()
    browser.fill(password="too short, or so", again="and different")
    browser.press("Make my account")
    yield "invite-corrected"
    browser.fill(password=PASSWORD, again=PASSWORD)
    browser.press("Make my account")
    yield "done"
    browser.open(place.reset_link("long@example.com"))
    yield "reset"
    code = place.device(long)
    browser.open(f"{place.url}/device?user_code={code}")
    browser.fill(email="long@example.com", password="not the password")
    browser.press("Sign in")
    yield "device-corrected"
    browser.fill(password=PASSWORD)
    browser.press("Sign in")
    yield "decision"
    browser.open(f"{place.url}/device?user_code=BBBB-BBBB")
    yield "unknown-code"


def too_wide_or_small(browser: Browser) -> list[str]:
    """What makes the page scroll sideways, or is hard to hit: 44 pixels are wanted of all that stands by itself."""
    found = browser.measure(
        """
        const wide = document.documentElement.scrollWidth > window.innerWidth ? ["the page scrolls sideways"] : [];
        const hard = [...document.querySelectorAll("button, select, summary, input:not([type=hidden]), .home")]
            .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 44)
            .map(each => "small: " + each.outerHTML);
        arguments[0](wide.concat(hard));
        """
    )
    return [str(each) for each in found]
