"""One-time codes (RFC 6238) and recovery codes: how they are kept, and when one is right.

A code works once: the step of 30 seconds it belongs to is used up with all that were before it. The code of the step
before still counts, one from the future never. Whoever calls holds the account: codes side by side gain nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from urllib.parse import quote

from portalctl import errors
from portalctl.domain import passwords, throttle
from portalctl.storage import second_factors
from portalctl.storage.engine import Row, Transaction
from portalctl.storage.second_factors import STEP_SECONDS

DIGITS = 6

SECRET_BYTES = 20
"""160 bits (RFC 4226, section 4)."""

TRIES, REST_SECONDS = 5, 300
"""After so many wrong codes, with less than a rest between them, the next is looked at only after a rest."""

RECOVERY_CODES = 10
RECOVERY_LENGTH = 16
"""Characters of a recovery code: 80 bits, which nobody guesses, so that its owner is never kept out by who tries."""

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""What recovery codes are made of: Crockford's base 32, in which no two characters look alike."""

LONGEST_URI = 134
"""Bytes: with more the QR code of the URI would not fit on a terminal of 80 by 24."""

_NONCE_BYTES = 12
_ALIKE = str.maketrans("oil", "011")


def is_on(tx: Transaction, account_id: str) -> bool:
    """Whether an account is asked for a code."""
    found = second_factors.get(tx, account_id)
    return found is not None and found["verified_at"] is not None


def shortest_password(tx: Transaction, account_id: str) -> int:
    """Characters that the password of an account needs at least: fewer where it does not stand alone."""
    return passwords.SHORTEST_BESIDE_A_CODE if is_on(tx, account_id) else passwords.SHORTEST


def begin(tx: Transaction, account_id: str, at: int, key: bytes) -> str:
    """Give an account a new secret, in place of one that waits for its first code; the secret in base 32."""
    secret = secrets.token_bytes(SECRET_BYTES)
    second_factors.put_pending(tx, account_id, sealed_secret=_sealed(secret, account_id, key), created_at=at)
    return base64.b32encode(secret).decode()


def accept(tx: Transaction, account_id: str, code: str, at: int, key: bytes) -> errors.PortalError | None:
    """Use a code of an account's factor up: None where it was right, else the failure.

    The failure is returned, not raised, so that what was counted for it stays: WrongCode, TooManyAttempts.
    """
    factor = second_factors.get(tx, account_id)
    if factor is None:
        return wrong_code()
    typed = code.replace(" ", "")
    recovery = _as_recovery_code(typed)
    if recovery is not None:
        return None if second_factors.use_code(tx, account_id, _hash(account_id, recovery)) else wrong_code()
    rested = _rested_at(factor, at)
    if rested > at:
        return throttle.too_many("too many wrong codes", at, rested)
    step = _step_of(factor, typed, at, key)
    if step is not None and second_factors.take_step(tx, account_id, step):
        return None
    failures = factor["failures"] + 1 if 0 <= at - factor["failed_at"] < REST_SECONDS else 1
    second_factors.count_failure(tx, account_id, failures=failures, at=at)
    return wrong_code()


def new_recovery_codes(tx: Transaction, account_id: str) -> list[str]:
    """Ten recovery codes in place of those there are; they leave the portal here once."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    second_factors.renew_codes(tx, account_id, [_hash(account_id, code) for code in codes])
    return ["-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4)) for code in codes]


def uri(secret: str, *, practice: str, email: str) -> str:
    """What an authenticator app reads; long names are cut, so that its QR code fits on a terminal."""
    import pyotp

    shown_email, shown_practice = email, practice
    while True:
        found = pyotp.TOTP(secret).provisioning_uri(name=shown_email, issuer_name=shown_practice)
        if len(found) <= LONGEST_URI:
            return found
        if len(quote(shown_practice)) > len(quote(shown_email)) // 2 and len(shown_practice) > 1:
            shown_practice = shown_practice[:-1].rstrip() or "-"
        else:
            shown_email = shown_email[:-1]


def wrong_code() -> errors.WrongCode:
    """The one answer to every code that does not work."""
    return errors.WrongCode(
        "the code is wrong, has run out or was used already",
        "type the next one that your authenticator app shows, or a recovery code",
    )


def code_needed() -> errors.MfaNeeded:
    """What is told where the password alone was given."""
    return errors.MfaNeeded(
        "a code of your second factor is needed too",
        "give the six digits of your authenticator app, or a recovery code, with --code",
    )


def _step_of(factor: Row, typed: str, at: int, key: bytes) -> int | None:
    """The step that a code belongs to, if it is the present one's or the one's before."""
    import pyotp

    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    totp = pyotp.TOTP(_secret(factor, key))
    now = at // STEP_SECONDS
    right = [step for step in (now, now - 1) if hmac.compare_digest(totp.generate_otp(max(0, step)), typed)]
    return max((step for step in right if step > factor["last_step"]), default=None)


def _rested_at(factor: Row, at: int) -> int:
    """When the next code is looked at. A rest that begins in the future is from before the clock was set back."""
    if factor["failures"] < TRIES or factor["failed_at"] > at:
        return 0
    rested: int = factor["failed_at"] + REST_SECONDS
    return rested


def _as_recovery_code(typed: str) -> str | None:
    """A recovery code as it is hashed: case, dashes and what looks alike do not matter."""
    if not typed.isascii():
        return None
    code = typed.replace("-", "").lower().translate(_ALIKE)
    return code if len(code) == RECOVERY_LENGTH and set(code) <= set(ALPHABET) else None


def _hash(account_id: str, recovery_code: str) -> str:
    return hashlib.sha256(f"{account_id}:{recovery_code}".encode()).hexdigest()


def _sealed(secret: bytes, account_id: str, key: bytes) -> str:
    """The secret as storage keeps it: only the portal's key opens it, and only for its account."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(_sealing_key(key)).encrypt(nonce, secret, account_id.encode())).decode()


def _secret(factor: Row, key: bytes) -> str:
    """The secret of a factor in base 32. Raises StorageFailure where the portal's key is another one."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sealed = base64.b64decode(factor["sealed_secret"])
    try:
        secret = AESGCM(_sealing_key(key)).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], factor["account_id"].encode()
        )
    except InvalidTag:
        raise errors.StorageFailure(
            "the secret of your second factor was sealed with another portal key",
            "sign in with a recovery code, or have the practice bring the portal's key back",
        ) from None
    return base64.b32encode(secret).decode()


def _sealing_key(key: bytes) -> bytes:
    """A key for this purpose alone, made of the portal's."""
    return hmac.new(key, b"second factors", hashlib.sha256).digest()


def since(factor: Row) -> datetime:
    """When a factor was turned on, or set up while it is pending."""
    return datetime.fromtimestamp(factor["verified_at"] or factor["created_at"], UTC)
