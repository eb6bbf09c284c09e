"""A card as it is typed here: asked for without echo, and looked at before anybody else sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, TextIO, TypeVar

from portalctl.errors import InvalidInput
from portalctl.gateways.cards import read_cvc, read_expiry, read_number
from portalctl.gateways.gateway import Card

if TYPE_CHECKING:
    from portalctl.prompt import Prompt

TRIES = 3
"""How often a part of a card is asked for when it has a mistake in it."""

LONGEST_LINE = 100

Part = TypeVar("Part")


def asked_for(prompt: Prompt, say: Callable[[str], None], today: date) -> Card:
    """Ask for number, expiry and security code; each is looked at before the next. Raises InputNeeded, InvalidInput."""

    def ask(question: str, read: Callable[[str], Part]) -> Part:
        for left in reversed(range(TRIES)):
            try:
                return read(prompt.hidden(question, "--card-stdin, or --web"))
            except InvalidInput as mistake:
                if not left:
                    raise
                say(f"{mistake.message}: {mistake.hint}" if mistake.hint else mistake.message)
        raise AssertionError("the last try answers or raises")

    number = ask("Card number", read_number)
    month, year = ask("Expiry (MM/YY)", lambda text: read_expiry(text, today))
    return Card(number, month, year, ask("Security code", lambda text: read_cvc(text, number)))


def read_from(stdin: TextIO, today: date) -> Card:
    """A card in three lines: number, expiry, security code. Raises InvalidInput, which repeats nothing of it."""
    number = read_number(stdin.readline(LONGEST_LINE))
    month, year = read_expiry(stdin.readline(LONGEST_LINE), today)
    return Card(number, month, year, read_cvc(stdin.readline(LONGEST_LINE), number))
