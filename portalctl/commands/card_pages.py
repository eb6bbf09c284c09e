"""The payment provider's own page for a card: its link is shown, then the portal is asked what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from portalctl import errors

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.models.payment_methods import PaymentSetup

PAUSE = 3.0
"""Seconds between two looks."""

LONGEST_PAUSE = 60.0
"""Seconds between two looks while the portal or the provider is not reached."""


def show_page(context: Context, link: str) -> None:
    """Say where to hand the card in: a link, and a QR code where the terminal can show one."""
    from portalctl.commands.qr_codes import can_draw, qr_lines
    from portalctl.output.table import terminal_width

    context.say("Hand the card in on the payment provider's page, on any device:")
    context.say(f"  {link}")
    if can_draw(context.stderr, getattr(context.stderr, "encoding", None), context.environment):
        lines, width = qr_lines(link), terminal_width(context.stderr, context.environment)
        for line in lines if width is not None and len(lines[0]) < width else []:
            context.say(line)
    context.say("Waiting for the card. Ctrl-C stops the waiting.")
    context.stderr.flush()


def wait(look: Callable[[], PaymentSetup], *, sleep: Callable[[float], None] = time.sleep) -> PaymentSetup:
    """Look until the card is there. Raises NotChangeable once the page has expired."""
    from portalctl.models.payment_methods import SetupOutcome

    pause = 0.0
    while True:
        sleep(pause)
        try:
            found = look()
        except errors.Retryable:
            pause = min(max(2 * pause, PAUSE), LONGEST_PAUSE)
            continue
        if found.outcome == SetupOutcome.DONE:
            return found
        if found.outcome == SetupOutcome.EXPIRED:
            raise errors.NotChangeable(
                "the page has expired, and no card was handed in", "begin again: portalctl settings payment add --web"
            )
        pause = PAUSE
