"""A typed card is checked before anybody is asked, and nothing of it is repeated."""

from __future__ import annotations

from datetime import date

import pytest

from portalctl import errors
from portalctl.gateways.cards import brand_of, has_expired, read_cvc, read_expiry, read_number

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("typed", "brand"),
    [
        ("4242 4242 4242 4242", "visa"),
        ("4000-0566-5566-5556", "visa"),
        ("5555555555554444", "mastercard"),
        ("2223 0031 2200 3222", "mastercard"),
        ("2720 9900 0000 0007", "mastercard"),
        ("3782 822463 10005", "amex"),
        ("6011111111111117", "discover"),
        ("30569309025904", "diners"),
        ("3566002020360505", "jcb"),
        ("6200000000000005", "unionpay"),
        ("9999 9999 9999 9995", "card"),
    ],
)
def test_spaces_are_allowed_and_the_brand_is_known_by_the_first_digits(typed: str, brand: str) -> None:
    number = read_number(typed)
    assert number == typed.replace(" ", "").replace("-", "")
    assert brand_of(number) == brand


@pytest.mark.parametrize(
    "typed", ["", "4242", "4242 4242 4242 4241", "4242424242424243", "424242424242424a", "4" * 20, "42424242424242424"]
)
def test_a_number_with_a_mistake_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        read_number(typed)
    assert not typed or typed not in str(refused.value.message) + str(refused.value.hint)


@pytest.mark.parametrize("typed", ["12/30", "12/2030", " 12 / 30 ", "1230", "12-30", "12 30"])
def test_an_expiry_is_read_as_it_stands_on_the_card(typed: str) -> None:
    assert read_expiry(typed, TODAY) == (12, 2030)


@pytest.mark.parametrize("typed", ["", "13/30", "0/30", "2030", "12/3", "soon", "10/26", "12/25", "12/99"])
def test_an_expiry_that_is_none_or_past_is_refused(typed: str) -> None:
    with pytest.raises(errors.InvalidInput):
        read_expiry(typed, TODAY)


def test_a_card_works_until_its_month_ends() -> None:
    assert not has_expired(11, 2026, TODAY)
    assert has_expired(10, 2026, TODAY)
    assert read_expiry("11/26", TODAY) == (11, 2026)


def test_a_security_code_has_three_digits_and_four_with_one_brand() -> None:
    assert read_cvc("123", "4242424242424242") == "123"
    assert read_cvc("1234", "378282246310005") == "1234"
    for code, number in (("12", "4242424242424242"), ("1234", "4242424242424242"), ("123", "378282246310005")):
        with pytest.raises(errors.InvalidInput) as refused:
            read_cvc(code, number)
        assert code not in refused.value.message
