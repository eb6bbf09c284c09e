"""Second factors and recovery codes: queries and changes. Secrets are sealed, codes hashed, before they come here."""

from __future__ import annotations

from collections.abc import Iterable

from portalctl.storage.engine import Row, Transaction

STEP_SECONDS = 30
"""How long a code is shown (RFC 6238)."""


def get(tx: Transaction, account_id: str) -> Row | None:
    """The factor of an account: sealed_secret, created_at, verified_at (None while it is pending), last_step, failures
    and failed_at."""
    return tx.one(
        "SELECT account_id, sealed_secret, created_at, verified_at, last_step, failures, failed_at FROM second_factors"
        " WHERE account_id = :account_id",
        account_id=account_id,
    )


def put_pending(tx: Transaction, account_id: str, *, sealed_secret: str, created_at: int) -> None:
    """Give an account a factor that waits for its first code, in place of one that waited."""
    erase(tx, account_id)
    tx.run(
        "INSERT INTO second_factors (account_id, sealed_secret, created_at)"
        " VALUES (:account_id, :sealed_secret, :created_at)",
        account_id=account_id,
        sealed_secret=sealed_secret,
        created_at=created_at,
    )


def turn_on(tx: Transaction, account_id: str, at: int) -> None:
    """From now on the factor is asked for."""
    tx.run("UPDATE second_factors SET verified_at = :at WHERE account_id = :account_id", account_id=account_id, at=at)


def take_step(tx: Transaction, account_id: str, step: int) -> bool:
    """Use the code of a step up: of any number of tries exactly one is told yes, and no earlier step ever again."""
    changed = tx.run(
        "UPDATE second_factors SET last_step = :step, failures = 0"
        " WHERE account_id = :account_id AND last_step < :step",
        account_id=account_id,
        step=step,
    )
    return changed == 1


def count_failure(tx: Transaction, account_id: str, *, failures: int, at: int) -> None:
    """Write down how many wrong codes there were, the last of them now."""
    tx.run(
        "UPDATE second_factors SET failures = :failures, failed_at = :at WHERE account_id = :account_id",
        account_id=account_id,
        failures=failures,
        at=at,
    )


def erase(tx: Transaction, account_id: str) -> None:
    """Take the factor and its recovery codes away, if there are any."""
    tx.run("DELETE FROM recovery_codes WHERE account_id = :account_id", account_id=account_id)
    tx.run("DELETE FROM second_factors WHERE account_id = :account_id", account_id=account_id)


def renew_codes(tx: Transaction, account_id: str, hashes: Iterable[str]) -> None:
    """Give an account these recovery codes in place of those it has."""
    tx.run("DELETE FROM recovery_codes WHERE account_id = :account_id", account_id=account_id)
    for code_hash in hashes:
        tx.run(
            "INSERT INTO recovery_codes (code_hash, account_id) VALUES (:code_hash, :account_id)",
            code_hash=code_hash,
            account_id=account_id,
        )


def use_code(tx: Transaction, account_id: str, code_hash: str) -> bool:
    """Use a recovery code up: of any number of tries exactly one is told yes."""
    changed = tx.run(
        "DELETE FROM recovery_codes WHERE account_id = :account_id AND code_hash = :code_hash",
        account_id=account_id,
        code_hash=code_hash,
    )
    return changed == 1


def codes_left(tx: Transaction, account_id: str) -> int:
    """How many recovery codes an account has."""
    found = tx.one("SELECT count(*) AS codes FROM recovery_codes WHERE account_id = :account_id", account_id=account_id)
    return int(found["codes"]) if found is not None else 0
