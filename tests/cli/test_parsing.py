"""Lengths, amounts, days and moments are read in the forms that the help names, and in no other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalctl.commands import parsing
from portalctl.errors import AmbiguousTime, InvalidInput
from portalctl.models.money import Money, minor_digits

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("50m", 50), ("24h", 1440), ("7d", 10_080), ("1h30m", 90), ("1d12h", 2160), ("0m", 0), ("0", 0)],
)
def test_a_length_of_time_is_days_hours_and_minutes(text: str, minutes: int) -> None:
    """Units are written, largest first."""
    assert parsing.duration(text) == minutes


@pytest.mark.parametrize(
    "text", ["", " ", "50", "m", "-5m", "1.5h", "30m1h", "1h 30m", "5s", "\uff15\uff10m", "1000000000m", "50M", "50m\n"]
)
def test_a_length_of_time_is_never_guessed(text: str) -> None:
    """The refusal shows the accepted forms."""
    with pytest.raises(InvalidInput) as refused:
        parsing.duration(text)
    assert "1h30m" in str(refused.value.hint)


def test_several_lengths_are_separated_by_commas() -> None:
    """As reminders are."""
    assert parsing.durations("24h, 1h") == [1440, 60]
    assert parsing.durations("none") == []
    with pytest.raises(InvalidInput):
        parsing.durations("")


def test_a_change_names_what_changes() -> None:
    """Options that were not given stay out; when none was, there is nothing to do."""
    assert parsing.given(name="Anna", role=None, reason_required=False) == {"name": "Anna", "reason_required": False}
    with pytest.raises(InvalidInput, match="nothing to change"):
        parsing.given(name=None)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("4096", 4096),
        ("50M", 50_000_000),
        ("50mb", 50_000_000),
        ("2.5GB", 2_500_000_000),
        ("1KiB", 1024),
        ("1.5MiB", 1_572_864),
        ("2T", 2 * 10**12),
        ("0", 0),
    ],
)
def test_a_size_counts_in_thousands_and_where_it_says_so_in_powers_of_two(text: str, count: int) -> None:
    assert parsing.size(text) == count


@pytest.mark.parametrize(
    "text", ["", " ", "M", "1.5", "-1", "5 MB", "1,5M", "1e6", "5MM", "5P", "\uff15M", "9" * 99, "5M\n"]
)
def test_a_size_in_another_form_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parsing.size(text)
    assert "2.5GB" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["", "-", "+1", "1.0", "1e3", "\uff12", "\u0662", "1_000", " 1", "9" * 10_000])
def test_a_number_is_ascii_digits(text: str) -> None:
    assert [parsing.number("2"), parsing.number("-1")] == [2, -1]
    with pytest.raises(InvalidInput):
        parsing.number(text)


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("80.00 EUR", 8000, "EUR"),
        ("80 EUR", 8000, "EUR"),
        ("80.5 EUR", 8050, "EUR"),
        ("0.01 EUR", 1, "EUR"),
        ("80.05EUR", 8005, "EUR"),
        ("8050 JPY", 8050, "JPY"),
        ("1.234 KWD", 1234, "KWD"),
        ("80.00 eur", 8000, "EUR"),
    ],
)
def test_money_is_counted_in_the_smallest_unit_of_its_currency(text: str, amount: int, currency: str) -> None:
    """With as many decimals as ISO 4217 gives the currency."""
    assert parsing.money(text) == Money(amount=amount, currency=currency)


@pytest.mark.parametrize("text", ["80.001 EUR", "1.5 JPY", "1.2345 KWD"])
def test_money_with_too_many_decimals_is_refused_and_never_rounded(text: str) -> None:
    """Even when the last digit would be easy to drop."""
    with pytest.raises(InvalidInput, match="decimals"):
        parsing.money(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "80",
        "EUR",
        "80,00 EUR",
        "1.000,00 EUR",
        "-1 EUR",
        "80.00 EURO",
        "80. EUR",
        ".5 EUR",
        "1e3 EUR",
        "\uff18\uff10 EUR",
    ],
)
def test_money_in_another_form_is_refused_with_the_right_one(text: str) -> None:
    """A comma may mean thousands or decimals: it is not guessed."""
    with pytest.raises(InvalidInput) as refused:
        parsing.money(text)
    assert "80.00 EUR" in str(refused.value.hint)


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD", "USD", "ISK"]))
def test_money_reads_back_what_it_says(amount: int, currency: str) -> None:
    """Showing and reading are each other's inverse."""
    said = Money(amount=amount, currency=currency)
    assert minor_digits(currency) in (0, 2, 3)
    assert parsing.money(str(said)) == said


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", [1, 2, 3, 4, 5]),
        ("mon-fri,sun", [1, 2, 3, 4, 5, 7]),
        ("sun,mon", [1, 7]),
        ("fri-mon", [1, 5, 6, 7]),
        ("Wednesday", [3]),
        ("sat - sun", [6, 7]),
        ("tue-tue", [2]),
    ],
)
def test_weekdays_are_names_and_ranges(text: str, days: list[int]) -> None:
    """Monday is 1; a range may go round the weekend."""
    assert parsing.weekdays(text) == days


@pytest.mark.parametrize("text", ["", ",", "mo", "1-5", "mon-", "-fri", "mon fri", "lun", "mon-wed-fri", "weekdays"])
def test_other_words_for_weekdays_are_refused(text: str) -> None:
    """The refusal shows the accepted form."""
    with pytest.raises(InvalidInput) as refused:
        parsing.weekdays(text)
    assert "mon-fri,sun" in str(refused.value.hint)


def test_windows_are_pairs_of_clock_times() -> None:
    """Separated by commas."""
    assert parsing.windows("09:00-12:00, 13:00-00:00") == ["09:00-12:00", "13:00-00:00"]


@pytest.mark.parametrize(
    "text", ["", "9-12", "09:00", "09:00-24:00", "09:00\u201312:00", "09:00-12:00,", "9:00-12:00", "09:60-12:00"]
)
def test_a_window_in_another_form_is_refused(text: str) -> None:
    """Midnight at the end of the day is 00:00."""
    with pytest.raises(InvalidInput) as refused:
        parsing.windows(text)
    assert "09:00-12:00" in str(refused.value.hint)


def test_a_day_is_year_month_and_day() -> None:
    """Leap days too."""
    assert parsing.day("2026-12-01") == date(2026, 12, 1)
    assert parsing.day("2028-02-29") == date(2028, 2, 29)


NO_DAYS = [
    "", "2026-02-30", "2026-02-29", "2026-13-01", "25/03", "25/03/2026", "03-25-2026", "20261201", "2026-1-1",
    "tomorrow", "0000-01-01", "10000-01-01", "1969-12-31", "2201-01-01", "\uff12\uff10\uff12\uff16-12-01",
    " 2026-12-01", "2026-12-01\n", "2026-W49-2",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DAYS)
def test_a_day_in_another_form_is_refused_and_the_order_of_day_and_month_is_never_guessed(text: str) -> None:
    """The refusal shows the accepted form."""
    with pytest.raises(InvalidInput) as refused:
        parsing.day(text)
    assert "2026-12-01" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-12-01T09:00", 8),
        ("2026-12-01 09:00", 8),
        ("2026-12-01T09:00:00", 8),
        ("2026-12-01T09:00Z", 9),
        ("2026-12-01 09:00+02:00", 7),
        ("2026-12-01T09:00:00-05:00", 14),
    ],
)
def test_a_moment_without_an_offset_is_local(text: str, hour: int) -> None:
    """And with one it is what the offset says."""
    found = parsing.moment(text, ROME)
    assert found == datetime(2026, 12, 1, hour, tzinfo=UTC)
    assert found.tzinfo is UTC


NO_MOMENTS = [
    "", "tomorrow", "25/03", "2026-12-01", "09:00", "2026-02-30T09:00", "2026-12-01T24:00", "2026-12-01T23:59:60",
    "2026-12-01T9:00", "0000-01-01T00:00", "10000-01-01T00:00", "2026-12-01T09:00+24:00",
    "2026-12-01T09:00+01:60", "2026-12-01T\uff10\uff19:00",
    "2026-12-01T09:00:00.5", "2026-12-01T09", "2026-12-01T09:60",
    "2026-12-01T09:00 CET", "2026-12-01T09:00+0100", "now", "@0",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_a_moment_in_another_form_is_refused(text: str) -> None:
    """The refusal shows the accepted forms."""
    with pytest.raises(InvalidInput) as refused:
        parsing.moment(text, ROME)
    assert "2026-12-01" in str(refused.value.hint)


def test_a_local_time_that_happens_twice_needs_an_offset() -> None:
    """02:30 on the day the clocks go back: both offsets are offered, and each is accepted."""
    with pytest.raises(AmbiguousTime, match="happens twice") as refused:
        parsing.moment("2025-10-26T02:30", ROME)
    assert "2025-10-26T02:30:00+02:00 or 2025-10-26T02:30:00+01:00" in str(refused.value.hint)
    assert parsing.moment("2025-10-26T02:30:00+02:00", ROME) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert parsing.moment("2025-10-26T02:30:00+01:00", ROME) == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def test_a_local_time_that_does_not_exist_is_refused_not_moved() -> None:
    """02:30 on the day the clocks go forward."""
    with pytest.raises(AmbiguousTime, match="does not exist") as refused:
        parsing.moment("2025-03-30T02:30", ROME)
    assert "+01:00" in str(refused.value.hint)
    assert "+02:00" in str(refused.value.hint)


@pytest.mark.parametrize("parse", [parsing.duration, parsing.money, parsing.weekdays, parsing.windows, parsing.day])
@given(text=st.text(max_size=30))
def test_any_text_is_read_or_refused(parse: Callable[[str], object], text: str) -> None:
    """Nothing else is raised."""
    with suppress(InvalidInput):
        parse(text)


@given(st.text(alphabet="0123456789-T :+Z", max_size=25))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    """Nothing else is raised."""
    with suppress(InvalidInput, AmbiguousTime):
        assert parsing.moment(text, ROME).tzinfo is UTC


@given(st.integers(86_400 * 400, 86_400 * 365 * 220), st.sampled_from([ROME, ZoneInfo("Asia/Kathmandu")]))
def test_a_moment_reads_back_what_clocks_show(second: int, zone: ZoneInfo) -> None:
    """With its offset, every moment is the same instant again."""
    assert parsing.moment(datetime.fromtimestamp(second, zone).isoformat(), ROME).timestamp() == second
