"""What a backend gives to the suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from portalctl.contract.portal import Portal

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When the suite begins: a Monday."""


class MovableClock:
    """The portal's clock, which stands still until a test moves it on. It never goes back, as time does not."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """What time it is."""
        return self._now

    def move(self, length: timedelta) -> None:
        """Let time pass."""
        assert length >= timedelta(0), "time goes on"
        self._now += length


@dataclass(frozen=True)
class UnderTest:
    """One empty portal, which nobody owns yet, and its surroundings.

    `portal` makes the portal for the session of a token; None is somebody who has not signed in. `clock` is the
    portal's own. `set_up_code` is what the portal wants from whoever sets the practice up, where it wants one.
    `mailed_code` reads the latest code that the portal mailed to an address, by itself or in a link, where it mails
    any. `use_up` makes an operation look as if an account had asked for it as often as it may, where that would take
    the suite long.
    `relay` is an SMTP relay that takes everything, for a portal that does not send its mail by itself.
    `tokens` is for a portal that cannot be set up from here and has a practice already: the session tokens of its
    people by what they are, `owner` and `client` for two. None stands for the only caller a portal has.
    """

    portal: Callable[[str | None], Portal]
    clock: MovableClock = field(default_factory=MovableClock)
    set_up_code: str | None = None
    mailed_code: Callable[[str], str] | None = None
    use_up: Callable[[str, str], None] | None = None
    relay: str | None = None
    tokens: Mapping[str, str | None] = field(default_factory=dict)


EmptyPortal = Callable[[], AbstractContextManager[UnderTest]]
"""Opens another empty portal each time it is called, and lets go of it afterwards."""
