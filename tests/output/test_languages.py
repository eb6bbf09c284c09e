"""Tables are written as the reader's language writes days, times and numbers; English is what it always was."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from portalctl.models.money import Money
from portalctl.models.values import Record
from portalctl.output.cells import Reading, Size, cell
from portalctl.output.languages import style_of
from portalctl.output.output import Format, Output

MOMENT = datetime(2026, 3, 2, 8, 5, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")


def shown(value: object, language: str) -> str:
    """A value in a table."""
    return cell(value, Reading(lambda: ROME, lambda: language))


@pytest.mark.parametrize(
    ("language", "moment", "day", "number", "money", "size"),
    [
        ("en", "Mon 2 Mar 2026 09:05 CET", "Fri 12 Apr 1985", "1234567", "1234.50 EUR", "1.5 kB"),
        ("en-US", "Mon 2 Mar 2026 09:05 CET", "Fri 12 Apr 1985", "1234567", "1234.50 EUR", "1.5 kB"),
        ("de", "Mo., 2. März 2026, 09:05 CET", "Fr., 12. Apr. 1985", "1.234.567", "1.234,50 EUR", "1,5 kB"),
        ("fr", "lun. 2 mars 2026, 09:05 CET", "ven. 12 avr. 1985", "1 234 567", "1 234,50 EUR", "1,5 kB"),
        ("hi", "सोम, 2 मार्च 2026, 9:05 am CET", "शुक्र, 12 अप्रैल 1985", "12,34,567", "1,234.50 EUR", "1.5 kB"),
        ("ja", "2026年3月2日(月) 9:05 CET", "1985年4月12日(金)", "1,234,567", "1,234.50 EUR", "1.5 kB"),
    ],
)
def test_each_language_writes_in_its_own_way(
    language: str, moment: str, day: str, number: str, money: str, size: str
) -> None:
    """The zone keeps its letters, money its code, and sizes their units."""
    assert shown(MOMENT, language) == moment
    assert shown(date(1985, 4, 12), language) == day
    assert shown(1_234_567, language) == number
    assert shown(Money(amount=123_450, currency="EUR"), language) == money
    assert shown(Size(1500), language) == size


@pytest.mark.parametrize("amount", [0, 5, 8050, 10**12])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "BHD"])
def test_money_in_english_is_what_money_says_of_itself(amount: int, currency: str) -> None:
    """To the last digit, however large."""
    money = Money(amount=amount, currency=currency)
    assert shown(money, "en") == str(money)
    assert shown(money, "de").replace(".", "").replace(",", ".") == str(money)


@pytest.mark.parametrize(
    ("tag", "like"), [("de-BR", "de"), ("de-DE-u-nu-latn", "de-DE"), ("fr-x-home", "fr"), ("xx", "en")]
)
def test_what_is_known_best_of_a_language_is_taken(tag: str, like: str) -> None:
    """The region where it is known, else the language."""
    style = style_of(tag)
    assert style.day(date(2026, 3, 2)) == shown(date(2026, 3, 2), like)


@pytest.mark.parametrize("language", ["ar", "fa", "he", "ur", "fr", "sv", "en"])
def test_no_mark_turns_the_line_around_and_every_space_is_one_that_terminals_know(language: str) -> None:
    """What a language brings along cannot reorder a row or break a column."""
    text = shown(MOMENT, language) + shown(1_234_567.5, language)
    assert not set(text) & set("\u061c\u200e\u200f\u00a0\u2009\u202f")
    assert "\\u" not in text


class Kept(Record):
    """Something with a moment, a number and an amount."""

    at: datetime
    count: int
    price: Money


@pytest.mark.parametrize("kind", [Format.JSON, Format.JSONL, Format.CSV])
def test_what_machines_read_is_the_same_in_every_language(kind: Format) -> None:
    """And nobody is asked for theirs."""

    def never() -> str:
        raise AssertionError("the language was asked for")

    record = Kept(at=MOMENT, count=1_234_567, price=Money(amount=5, currency="EUR"))
    stdout = io.StringIO()
    output = Output(
        format=kind,
        fields=None,
        stdout=stdout,
        stderr=io.StringIO(),
        zone=lambda: ROME,
        language=never,
        environment={},
    )
    output.show([record], Kept)
    assert "1234567" in stdout.getvalue()


def test_small_whole_numbers_and_text_are_shown_without_asking_who_reads() -> None:
    """They are written alike everywhere."""

    def never() -> str:
        raise AssertionError("the language was asked for")

    reading = Reading(lambda: ROME, never)
    assert [cell(value, reading) for value in (7, True, "1.5", Size(12))] == ["7", "yes", "1.5", "12 B"]
    assert Decimal("1.50") == Decimal(shown(Money(amount=150, currency="EUR"), "en").removesuffix(" EUR"))
