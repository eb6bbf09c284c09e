"""Keys come from a private file or the environment, show themselves to nobody, and go to Stripe alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from portalctl import errors
from portalctl.gateways.keys import STRIPE_API, StripeKeys, checked_api, stripe_keys
from portalctl.gateways.stripe_amounts import from_stripe, to_stripe
from portalctl.models.money import Money

ENVIRONMENT = {
    "PORTALCTL_STRIPE_SECRET_KEY": "sk_test_environment",
    "PORTALCTL_STRIPE_PUBLISHABLE_KEY": "pk_test_environment",
    "PORTALCTL_STRIPE_WEBHOOK_SECRET": "whsec_environment",
    "PORTALCTL_STRIPE_API_BASE": "http://127.0.0.1:8421/",
}


def test_the_file_wins_over_the_environment_name_by_name() -> None:
    assert stripe_keys({}, {}) == StripeKeys()
    assert StripeKeys().api_base == STRIPE_API
    assert stripe_keys({"secret_key": "rk_test_file"}, ENVIRONMENT) == StripeKeys(
        "rk_test_file", "pk_test_environment", "whsec_environment", "http://127.0.0.1:8421"
    )
    assert stripe_keys({}, {"PORTALCTL_STRIPE_SECRET_KEY": " sk_test_1\n"}).secret_key == "sk_test_1"
    assert stripe_keys({}, {"PORTALCTL_STRIPE_SECRET_KEY": " "}).secret_key is None


def test_a_key_is_not_shown_nor_repeated_when_it_is_wrong() -> None:
    assert "sk_test" not in repr(stripe_keys({}, ENVIRONMENT)) + str(stripe_keys({}, ENVIRONMENT))
    for name, wrong in (("secret_key", "pk_test_swapped"), ("publishable_key", "sk_test_swapped")):
        with pytest.raises(errors.InvalidInput) as refused:
            stripe_keys({name: wrong}, {})
        assert "swapped" not in refused.value.message + (refused.value.hint or "")


@pytest.mark.parametrize("address", [STRIPE_API, "http://127.0.0.1:12111", "http://[::1]:1", "http://localhost:12111/"])
def test_keys_go_by_https_or_stay_on_this_machine(address: str) -> None:
    assert checked_api(address) == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        *("", "api.stripe.com", "http://api.stripe.com", "http://127.0.0.1.example.com", "https://", "ftp://127.0.0.1"),
        *("https://key@api.stripe.com", "https://api.stripe.com/v1", "https://api.stripe.com:0", "https://[::1"),
        "https://api.stripe.com?x=1",
    ],
)
def test_keys_go_nowhere_else(address: str) -> None:
    with pytest.raises(errors.InvalidInput):
        checked_api(address)


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [
        (8050, "EUR", 8050),
        (8050, "JPY", 8050),
        (5120, "KWD", 5120),
        (8, "ISK", 800),
        (8, "UGX", 800),
        (500, "MGA", 5),
        (10**9, "HUF", 10**9),
    ],
)
def test_stripe_counts_most_currencies_as_everybody_does(amount: int, currency: str, told: int) -> None:
    money = Money(amount=amount, currency=currency)
    assert to_stripe(money) == told
    assert from_stripe(told, currency.lower()) == money


@pytest.mark.parametrize(("amount", "currency"), [(5124, "KWD"), (1, "TND"), (550, "MGA")])
def test_what_stripe_cannot_move_whole_is_refused_and_never_rounded(amount: int, currency: str) -> None:
    with pytest.raises(errors.InvalidInput, match="fewer decimals"):
        to_stripe(Money(amount=amount, currency=currency))


def test_stripes_library_is_imported_when_stripe_is_asked_and_no_sooner() -> None:
    """Nor is a client for HTTP: a portal that takes no payments starts as fast as before."""
    program = (
        "import sys\n"
        "import portalctl.backends.payments, portalctl.gateways.stripe, portalctl.gateways.tokenizers\n"
        "from portalctl.gateways.keys import StripeKeys\n"
        "portalctl.gateways.stripe.StripeGateway(StripeKeys('sk_test_1'), lambda: '')\n"
        "print(sorted({'stripe', 'httpx', 'requests'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
