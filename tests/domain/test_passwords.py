"""Which passwords are accepted, and how they are kept."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalctl.domain import passwords
from portalctl.errors import InvalidInput, WeakPassword

OWN = ("Dr Giulia Rossi", "g.rossi@studiosole.example.com", "Praxis Morgenstern")


@pytest.mark.parametrize(
    "password",
    [
        "walnut harbour cobalt seven",
        "une phrase assez longue pour moi",
        "kQ7#vT2!mZ9$xL4",
        "38291746501928374650",
        "пароль который длинный",
        "a b c d e f g h i k l",
        "rossi walnut harbour cobalt",
        "  leading and trailing  ",
    ],
)
def test_a_long_password_of_no_pattern_is_accepted_verbatim(password: str) -> None:
    passwords.check(password, OWN)
    assert passwords.is_right(password, passwords.make_hash(password))
    assert not passwords.is_right(password.strip() + " ", passwords.make_hash(password))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "has 0 characters and needs at least 15"),
        ("k4#Wq9!zR2$vT7", "has 14 characters and needs at least 15"),
        ("é" * 600, "has 1200 bytes and may have at most 1024"),
        ("aaaaaaaaaaaaaaaaaaaa", "short pattern"),
        ("abcabcabcabcabcabc", "short pattern"),
        ("passwordpassword", "short pattern"),
        ("123456789012345", "short pattern"),
        ("987654321098765", "short pattern"),
        ("abcdefghijklmnopqrst", "short pattern"),
        ("contortionist", "needs at least 15"),
        ("1qaz2wsx3edc4rfv", "10,000 most common"),
        ("QAZWSXEDCRFVTGB", "10,000 most common"),
        ("giulia-rossi-1974!", "your own name"),
        ("GIULIAROSSI2026!!", "your own name"),
        ("studiosole-studiosole", "your own name"),
        ("Morgenstern.1234567", "your own name"),
        ("praxis#giulia#rossi", "your own name"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why) as refused:
        passwords.check(password, OWN)
    assert refused.value.hint


def test_the_end_of_a_domain_is_nobodys_own_word() -> None:
    passwords.check("com-kitten-1234", ("anna@mail.com",))
    with pytest.raises(WeakPassword):
        passwords.check("mail-kitten-1234", ("anna@mail.com",))


def test_text_that_is_not_unicode_is_invalid_input() -> None:
    with pytest.raises(InvalidInput):
        passwords.check("walnut harbour \ud800 seven", OWN)
    with pytest.raises(InvalidInput):
        passwords.is_right("\udcff", None)


@given(st.text(min_size=15, max_size=60, alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_is_either_accepted_or_weak(password: str) -> None:
    with contextlib.suppress(WeakPassword):
        passwords.check(password, OWN)


@pytest.mark.usefixtures("shipped_hashes")
def test_the_hash_is_argon2id_with_46_mib() -> None:
    assert passwords.make_hash("walnut harbour cobalt seven").startswith("$argon2id$v=19$m=47104,t=1,p=1$")


@pytest.mark.usefixtures("shipped_hashes")
def test_the_hash_of_nobody_costs_what_a_real_one_costs() -> None:
    assert not passwords.is_outdated(passwords.NOBODY)
    real = passwords.make_hash("walnut harbour cobalt seven")
    assert passwords.NOBODY.rpartition("$m=")[2][:13] == real.rpartition("$m=")[2][:13]
    assert len(passwords.NOBODY) == len(real)


@pytest.mark.usefixtures("shipped_hashes")
def test_without_an_account_no_password_is_right() -> None:
    assert not passwords.is_right("walnut harbour cobalt seven", None)


def test_at_most_four_hashes_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running = 0
    most = 0
    lock = threading.Lock()
    full = threading.Event()

    class Counting:
        def hash(self, _password: bytes) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
                if running == 4:
                    full.set()
            full.wait(5)
            with lock:
                running -= 1
            return "hash"

    counting: Callable[[], Any] = Counting
    monkeypatch.setattr(passwords, "_hasher", counting)
    threads = [threading.Thread(target=passwords.make_hash, args=("walnut harbour",)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 4
