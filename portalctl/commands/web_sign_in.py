"""Signing in on the portal's web page (RFC 8628): a code and its link are shown, then the portal is asked and asked."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from portalctl import errors

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.contract.portal import Portal
    from portalctl.models.devices import DeviceCode
    from portalctl.models.sessions import SignedIn

LONGEST_WAIT = 60
"""Seconds between two polls, however often the network failed."""

SLOWER = 5
"""Seconds that the portal's `slow_down` adds (RFC 8628, section 3.5)."""


def sign_in_on_the_web(context: Context, portal: Portal, *, browser: bool) -> SignedIn:
    """Show a code, and wait until a person has allowed it. Raises AccessDenied, ExpiredToken, Unsupported."""
    from portalctl.models.devices import PollDevice, StartDevice

    started = portal.devices.start(StartDevice(name=own_name(platform.node())))
    _show(context, started)
    if browser and context.stderr.isatty() and _open(started.verification_uri_complete, context):
        context.say("Your browser was asked to open the page.")
    context.say(f"Waiting for your decision; the code works for {started.expires_in // 60} minutes. Ctrl-C stops.")
    context.stderr.flush()
    request = PollDevice(device_code=started.device_code)
    return wait(lambda: portal.devices.poll(request), started)


def own_name(machine: str) -> str:
    """What this program calls itself to the person who decides."""
    return f"portalctl on {machine[:100]}" if machine and machine.isprintable() else "portalctl"


def wait(
    poll: Callable[[], SignedIn],
    started: DeviceCode,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> SignedIn:
    """Ask until there is an answer, no faster than the portal says, and slower while it cannot be reached.

    Raises AccessDenied, ExpiredToken: also when the time is up without the portal having said so.
    """
    ends = monotonic() + started.expires_in
    interval = max(1, started.interval)
    pause = interval
    trouble: errors.Retryable | None = None
    while (left := ends - monotonic()) > 0:
        sleep(min(pause, left))
        try:
            return poll()
        except errors.AuthorizationPending:
            trouble, pause = None, interval
        except errors.SlowDown:
            interval += SLOWER
            trouble, pause = None, interval
        except errors.Retryable as failure:
            trouble, pause = failure, max(interval, min(2 * pause, LONGEST_WAIT))
    if trouble is not None:
        raise trouble
    raise errors.ExpiredToken("nobody decided in time", "start again with: portalctl login --web")


def _show(context: Context, started: DeviceCode) -> None:
    drawn = _drawn(context, started.verification_uri_complete)
    for line in (
        "To sign in, open this page on any device:",
        f"  {started.verification_uri}",
        "and enter the code:",
        f"  {started.user_code}",
        "Or scan this, or open:" if drawn else "Or open:",
        f"  {started.verification_uri_complete}",
        *drawn,
    ):
        context.say(line)


def _drawn(context: Context, link: str) -> list[str]:
    """The link as a QR code, where there is a terminal that can show one."""
    from portalctl.commands.qr_codes import qr_lines
    from portalctl.output.table import terminal_width

    width = terminal_width(context.stderr, context.environment)
    encoding = (getattr(context.stderr, "encoding", None) or "").lower().replace("-", "")
    if width is None or encoding != "utf8" or context.environment.get("TERM", "dumb") == "dumb":
        return []
    lines = qr_lines(link)
    return lines if len(lines[0]) < width else []


def _open(link: str, context: Context) -> bool:
    """Whether the browser was asked to show the page. Where it cannot be, the person opens it by hand."""
    from portalctl.commands.browser import open_page

    with suppress(errors.Refused):
        return open_page(link, context.environment, on_this_machine=True)
    return False
