"""One-time codes: which is right when, that each works once, and how they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyotp
import pytest

from portalctl import errors
from portalctl.domain import second_factors as rules
from portalctl.storage import second_factors
from portalctl.storage.sqlite import SqliteStore
from tests.domain.apps import App
from tests.domain.conftest import ANNA_EMAIL, BEN_EMAIL, query

KEY = b"k" * 32
STEP = 1_772_438_400 // 30
"""The step that begins on Monday 2026-03-02 at 08:00 UTC."""


class Factor(NamedTuple):
    """Anna's second factor, and the rules that it is held to."""

    store: SqliteStore
    account_id: str
    app: App

    def tell(self, code: str, at: int, key: bytes = KEY) -> type[errors.PortalError] | None:
        """What comes of a code."""
        with self.store.writing() as tx:
            failure = rules.accept(tx, self.account_id, code, at, key)
        return type(failure) if failure is not None else None

    def shows(self, at: int) -> str:
        """What an app whose clock is right shows."""
        return self.app.at(datetime.fromtimestamp(at, UTC))

    def recovery_codes(self) -> list[str]:
        """Ten new ones."""
        with self.store.writing() as tx:
            return rules.new_recovery_codes(tx, self.account_id)


@pytest.fixture
def factor(portal_file: Path) -> Iterator[Factor]:
    """A factor that is on, of which no code was used yet."""
    store = SqliteStore(portal_file)
    account_id = account_of(portal_file, ANNA_EMAIL)
    with store.writing() as tx:
        secret = rules.begin(tx, account_id, 0, KEY)
        second_factors.turn_on(tx, account_id, 0)
    yield Factor(store, account_id, App(secret))
    store.close()


def account_of(portal_file: Path, email: str) -> str:
    (row,) = query(portal_file, "SELECT id FROM accounts WHERE email = :email", email=email)
    return str(row["id"])


RIGHT, WRONG, RESTS = None, errors.WrongCode, errors.TooManyAttempts


@pytest.mark.parametrize(
    ("into_step", "app_is_ahead", "comes_of_it"),
    [
        (0, 0, RIGHT),
        (29, 0, RIGHT),
        (0, -29, RIGHT),
        (29, -29, RIGHT),
        (0, 29, RIGHT),
        (29, 29, WRONG),
        (0, -30, RIGHT),
        (0, -31, WRONG),
        (29, -31, RIGHT),
        (29, -59, RIGHT),
        (0, 31, WRONG),
        (29, 31, WRONG),
        (0, -61, WRONG),
        (29, -61, WRONG),
        (0, 61, WRONG),
        (29, 61, WRONG),
        (0, -90, WRONG),
        (29, -90, WRONG),
        (0, 90, WRONG),
        (29, 90, WRONG),
    ],
)
def test_the_present_step_counts_and_the_one_before_and_no_other(
    factor: Factor, into_step: int, app_is_ahead: int, comes_of_it: type[errors.PortalError] | None
) -> None:
    """Whatever the clocks differ by, a code from the future never counts."""
    at = 30 * STEP + into_step
    assert factor.tell(factor.shows(at + app_is_ahead), at) is comes_of_it


def test_a_code_works_once_and_uses_up_what_was_before_it(factor: Factor) -> None:
    at = 30 * STEP
    present, before = factor.shows(at), factor.shows(at - 30)
    assert [factor.tell(code, at) for code in (present, present, before)] == [RIGHT, WRONG, WRONG]
    assert factor.tell(present, at + 30) is WRONG
    assert factor.tell(factor.shows(at + 30), at + 30) is RIGHT


def test_the_code_before_leaves_the_present_one_to_be_used(factor: Factor) -> None:
    at = 30 * STEP
    assert [factor.tell(factor.shows(moment), at) for moment in (at - 30, at, at - 30)] == [RIGHT, RIGHT, WRONG]


def test_when_the_portals_clock_goes_back_the_last_step_stays_and_a_code_works_once_it_is_reached_again(
    factor: Factor,
) -> None:
    """Whoever is in a hurry has a recovery code."""
    at = 30 * STEP
    recovery, *_ = factor.recovery_codes()
    assert factor.tell(factor.shows(at), at) is RIGHT
    for earlier in (at - 90, at - 60, at - 30):
        assert factor.tell(factor.shows(earlier), earlier) is WRONG
    assert last_step(factor) == STEP
    assert factor.tell(recovery, at - 30) is RIGHT
    assert factor.tell(factor.shows(at), at) is WRONG
    assert factor.tell(factor.shows(at + 30), at + 30) is RIGHT
    assert last_step(factor) == STEP + 1


def last_step(factor: Factor) -> int:
    with factor.store.reading() as tx:
        found = second_factors.get(tx, factor.account_id)
    assert found is not None
    return int(found["last_step"])


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(lambda code: f" {code[:3]} {code[3:]} ", id="spaces"),
        pytest.param(lambda code: " ".join(code), id="a space between all"),
    ],
)
def test_spaces_do_not_matter(factor: Factor, typed: Callable[[str], str]) -> None:
    assert factor.tell(typed(factor.shows(30 * STEP)), 30 * STEP) is RIGHT


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(lambda code: code.translate(str.maketrans("0123456789", "０１２３４５６７８９")), id="full width"),
        pytest.param(lambda code: code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")), id="arabic"),
        pytest.param(lambda code: code[:5], id="five"),
        pytest.param(lambda code: code + "0", id="seven"),
        pytest.param(lambda code: "0" + code, id="seven with a nought before"),
        pytest.param(lambda code: code.replace(code[0], code[0] + "\u200b"), id="with what nobody sees"),
        pytest.param(lambda code: f"\t{code}", id="tab"),
        pytest.param(lambda code: f"{code[:3]}-{code[3:]}", id="dash"),
        pytest.param(lambda code: f"+{code[1:]}", id="sign"),
        pytest.param(lambda code: code[:0], id="nothing"),
        pytest.param(lambda code: "\0" * len(code), id="noughts of another kind"),
        pytest.param(lambda code: "²" * len(code), id="superscript"),
    ],
)
def test_six_ascii_digits_are_a_code_and_nothing_else_is(factor: Factor, typed: Callable[[str], str]) -> None:
    at = 30 * STEP
    assert factor.tell(typed(factor.shows(at)), at) is WRONG
    assert factor.tell(factor.shows(at), at) is RIGHT


class TestWrongOnes:
    def test_in_five_minutes_five_are_looked_at(self, factor: Factor) -> None:
        """The right one waits too, and nothing is gained by waiting a little."""
        at = 30 * STEP
        told = [factor.tell("000000", at + second) for second in (0, 60, 120, 180, 299)]
        assert told == [WRONG] * 5
        for wait in (0, 1, 299):
            later = at + 299 + wait
            assert factor.tell(factor.shows(later), later) is RESTS
        assert factor.tell(factor.shows(at + 599), at + 599) is RIGHT

    def test_in_any_five_minutes_of_a_day_no_more_than_five_are_looked_at(self, factor: Factor) -> None:
        """Whoever tries "000000" every ten seconds."""
        at = 30 * STEP
        looked_at = [at + second for second in range(0, 7200, 10) if factor.tell("000000", at + second) is not RESTS]
        for moment in looked_at:
            assert sum(moment <= other < moment + 300 for other in looked_at) <= 5

    def test_a_right_one_forgets_them(self, factor: Factor) -> None:
        at = 30 * STEP
        for _ in range(3):
            assert [factor.tell("000000", at) for _ in range(4)] == [WRONG] * 4
            assert factor.tell(factor.shows(at), at) is RIGHT
            at += 30

    def test_the_owner_has_a_recovery_code_while_others_try(self, factor: Factor) -> None:
        at = 30 * STEP
        recovery, *_ = factor.recovery_codes()
        assert [factor.tell("000000", at) for _ in range(6)][-1] is RESTS
        assert factor.tell(recovery, at) is RIGHT

    def test_a_clock_that_is_set_back_makes_nobody_wait_for_it(self, factor: Factor) -> None:
        at = 30 * STEP
        assert [factor.tell("000000", at + 86_400) for _ in range(6)][-1] is RESTS
        assert factor.tell(factor.shows(at), at) is RIGHT


class TestRecoveryCodes:
    def test_each_works_once_however_it_is_typed(self, factor: Factor) -> None:
        first, second, third, *_ = factor.recovery_codes()
        for typed in (first, second.upper().replace("-", " "), third.replace("-", "").replace("0", "O")):
            assert [factor.tell(typed, 0), factor.tell(typed, 0)] == [RIGHT, WRONG]
        with factor.store.reading() as tx:
            assert second_factors.codes_left(tx, factor.account_id) == 7

    def test_a_mistyped_one_is_wrong_and_uses_nothing_up(self, factor: Factor) -> None:
        code, *_ = factor.recovery_codes()
        other = code[:-1] + ("0" if code[-1] != "0" else "1")
        for typed in (other, code[:-1], code + "0", code.replace("-", "_"), "é" + code[1:]):
            assert factor.tell(typed, 0) is not RIGHT
        assert factor.tell(code, 0) is RIGHT

    def test_they_have_eighty_random_bits(self, factor: Factor) -> None:
        codes = [code.replace("-", "") for code in factor.recovery_codes()]
        assert len(set(codes)) == 10
        assert {len(code) for code in codes} == {16}
        assert len(rules.ALPHABET) == 32

    def test_they_are_of_one_account(self, factor: Factor, portal_file: Path) -> None:
        """Another account's rows do not help, nor would this one's copied there."""
        ben = account_of(portal_file, BEN_EMAIL)
        code, *_ = factor.recovery_codes()
        with factor.store.writing() as tx:
            rules.begin(tx, ben, 0, KEY)
            tx.run("UPDATE recovery_codes SET account_id = :ben", ben=ben)
            assert isinstance(rules.accept(tx, ben, code, 0, KEY), errors.WrongCode)


class TestKeeping:
    def test_a_secret_has_160_bits_and_stands_nowhere_in_the_clear(self, factor: Factor, portal_file: Path) -> None:
        codes = factor.recovery_codes()
        assert len(pyotp.TOTP(factor.app.secret).byte_secret()) == 20
        secret = pyotp.TOTP(factor.app.secret).byte_secret()
        for file in portal_file.parent.glob("portal.db*"):
            content = file.read_bytes()
            for hidden in (factor.app.secret.encode(), secret, *(code.encode() for code in codes)):
                assert hidden not in content, file

    def test_with_another_portal_key_only_recovery_codes_work(self, factor: Factor) -> None:
        recovery, *_ = factor.recovery_codes()
        with pytest.raises(errors.StorageFailure, match="another portal key"):
            factor.tell(factor.shows(30 * STEP), 30 * STEP, key=b"o" * 32)
        assert factor.tell(recovery, 30 * STEP, key=b"o" * 32) is RIGHT

    def test_a_sealed_secret_opens_for_its_account_alone(self, factor: Factor, portal_file: Path) -> None:
        """Whoever can write rows cannot give somebody else's account a factor that they hold."""
        ben = account_of(portal_file, BEN_EMAIL)
        with factor.store.writing() as tx:
            sealed = (second_factors.get(tx, factor.account_id) or {})["sealed_secret"]
            second_factors.put_pending(tx, ben, sealed_secret=sealed, created_at=0)
            with pytest.raises(errors.StorageFailure):
                rules.accept(tx, ben, factor.shows(30 * STEP), 30 * STEP, KEY)


@pytest.mark.parametrize(
    ("practice", "email"),
    [
        ("Studio Rossi", "anna@example.com"),
        ("P", "a@b.it"),
        ("Praxis für Physiotherapie und Osteopathie Dr. Müller-Lüdenscheidt & Partner mbB", "a" * 64 + "@example.com"),
        ("診療所" * 60, "anna@example.com"),
        ("Studio Rossi", "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".example"),
    ],
)
def test_what_an_app_is_given_fits_a_small_qr_code_whatever_the_names(practice: str, email: str) -> None:
    """The secret is whole, the names are cut."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    uri = rules.uri(secret, practice=practice, email=email)
    read = pyotp.parse_uri(uri)
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.digits, read.interval) == (secret, 6, 30)
    assert practice.startswith(read.issuer or "?")
    assert email.startswith(read.name)
    assert len(uri) <= rules.LONGEST_URI == 134
    assert timedelta(seconds=read.interval) == timedelta(seconds=second_factors.STEP_SECONDS)
