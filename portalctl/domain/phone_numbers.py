"""Telephone numbers: people write them as they dial them at the practice, the portal keeps them as E.164."""

from __future__ import annotations

from functools import cache

from portalctl import errors


def normal(text: str, practice_zone: str) -> str:
    """A number as E.164, such as +390612345678; one without a country's code is of the practice's country.

    Raises InvalidInput for what is no number that can be called.
    """
    import phonenumbers

    region = _country_of(practice_zone)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as failure:
        if failure.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise _refused(text, "begin with + and the code of the country: +39 06 1234 5678") from None
        raise _refused(text, "write it as you dial it, or from + on: +39 06 1234 5678") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise _refused(text, "write it in full, from + on and without an extension: +39 06 1234 5678")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _refused(text: str, hint: str) -> errors.InvalidInput:
    return errors.InvalidInput(f"{text!r} is not a telephone number that can be called", hint)


@cache
def _country_of(zone: str) -> str | None:
    """The country that a time zone belongs to, where it belongs to one (zone.tab of the IANA database)."""
    from importlib.resources import files

    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        country, *parts = line.split("\t")
        if not country.startswith("#") and len(parts) > 1 and parts[1] == zone:
            return country
    return None
