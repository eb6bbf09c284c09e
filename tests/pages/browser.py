"""A headless Chromium of the system, at the size of a phone or of a desk, with scripts off but for measuring."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 60
"""Seconds after which a page that should have come did not."""

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-breakpad", "--no-proxy-server"),
)


_RUN_AXE = """
    const [options, tell] = arguments;
    axe.run(document, {resultTypes: ["violations"], ...options}).then(found => tell({
        passes: found.passes.length,
        wrong: found.violations
            .filter(each => ["serious", "critical"].includes(each.impact))
            .flatMap(each => each.nodes.map(node => `${each.id}: ${node.html} ${node.failureSummary}`)),
    }));
"""


class Size(NamedTuple):
    """How large a window is, in CSS pixels."""

    width: int
    height: int


PHONE, DESK = Size(360, 740), Size(1280, 800)


class Browser:
    """One window. `shots` is the folder for what it looked like."""

    def __init__(self, driver: Chrome, shots: Path) -> None:
        self._driver = driver
        self._shots = shots
        self._scripts_off()
        self.resize(PHONE)

    @property
    def title(self) -> str:
        """The title of the page."""
        return self._driver.title

    @property
    def address(self) -> str:
        """Where the page is."""
        return self._driver.current_url

    @property
    def text(self) -> str:
        """What is to be read on the page."""
        return self.find("body").text

    def resize(self, size: Size, *, dark: bool = False) -> None:
        """Have the window another size, and the reader another preference."""
        metrics = {"width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": size is PHONE}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def open(self, address: str) -> None:
        """Go to an address."""
        self._driver.get(address)

    def find(self, selector: str) -> WebElement:
        """The first element of a CSS selector."""
        return self._driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        """Every element of a CSS selector."""
        return self._driver.find_elements(By.CSS_SELECTOR, selector)

    def fill(self, **typed: str) -> None:
        """Type into fields, in place of what is in them."""
        for name, text in typed.items():
            field = self.find(f"#{name}")
            field.clear()
            field.send_keys(text)

    def press(self, words: str) -> None:
        """Press the button with these words, and wait for the page that comes of it."""
        button = self._wait(lambda: next(each for each in self.all("button") if each.text == words))
        before = self.find("html")
        button.click()
        self._wait(lambda: staleness_of(before)(self._driver))
        self._wait(lambda: self.title)

    def focused(self) -> WebElement:
        """What has the keyboard."""
        return self._driver.switch_to.active_element

    def forget(self) -> None:
        """Lose every cookie."""
        self._driver.delete_all_cookies()

    def shoot(self, name: str) -> None:
        """Keep what the page looks like on a phone and on a desk."""
        for size in (PHONE, DESK):
            self.resize(size)
            shot = self._driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
            (self._shots / f"{name}-{size.width}x{size.height}.png").write_bytes(base64.b64decode(shot["data"]))
        self.resize(PHONE)

    def measure(self, script: str, *arguments: object) -> Any:
        """What a function body finds out about the page; it calls its last argument with it."""
        self._driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        try:
            return self._driver.execute_async_script(script, *arguments)
        finally:
            self._scripts_off()

    def findings(self) -> list[str]:
        """What axe finds wrong on the page that is serious or critical: on a phone in light, at a desk in the dark."""
        self.resize(PHONE)
        light = self.measure(f"{_axe()}; {_RUN_AXE}", {})
        self.resize(DESK, dark=True)
        dark = self.measure(_RUN_AXE, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})
        self.resize(PHONE)
        assert light["passes"] > 10, light
        assert dark["passes"] == 1, dark
        return [*light["wrong"], *dark["wrong"]]

    def _wait(self, found: Callable[[], Any]) -> Any:
        """What is found in the end; between two pages a driver fails in ways of its own."""
        wait = WebDriverWait(self._driver, PATIENCE, ignored_exceptions=(WebDriverException, StopIteration))
        return wait.until(lambda _: found())

    def _scripts_off(self) -> None:
        self._driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})


@contextmanager
def browsing(shots: Path) -> Iterator[Browser]:
    """A browser until the block ends; nothing of it stays. Skips where the system has none."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            pytest.skip(f"needs the system program {program}")
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as home:
        options = ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*FLAGS, f"--user-data-dir={home}/profile"):
            options.add_argument(flag)
        service = ChromeService(
            shutil.which("chromedriver"),
            log_output=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"},
        )
        driver = Chrome(options, service)
        driver.set_page_load_timeout(PATIENCE)
        driver.set_script_timeout(PATIENCE)
        try:
            yield Browser(driver, shots)
        finally:
            driver.quit()
            _end_what_is_left(home)


def _end_what_is_left(home: str) -> None:
    """End processes of this very browser that did not end with it, as after a crash."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if home.encode() in file.read_bytes():
                os.kill(int(file.parent.name), signal.SIGKILL)


def _axe() -> str:
    return (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
