"""What letters about accounts say: invites, links and codes that were asked for, and what guards an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from portalctl.domain.links import LinkKind
from portalctl.domain.wording import when
from portalctl.models.outbox import LetterKind
from portalctl.models.practice import Practice
from portalctl.storage import invites, profiles, resets
from portalctl.storage.engine import Row, Transaction

Link = Callable[[LinkKind, str], str]
"""Makes the link of a record's id."""


class Reader(NamedTuple):
    """Whom a letter is for: their name where it is known, and their time zone."""

    name: str | None
    timezone: str
    is_client: bool


class Telling(NamedTuple):
    """A letter to put into words: what it is about, for whom, from whom, and how a link is made."""

    transaction: Transaction
    letter: Row
    reader: Reader
    practice: Practice
    link: Link

    @property
    def recipient(self) -> str:
        """The address that it goes to."""
        address: str = self.letter["recipient"]
        return address

    def when(self, second: int) -> str:
        """A moment as its reader reads it."""
        return when(datetime.fromtimestamp(second, UTC), self.reader.timezone)

    @property
    def written_at(self) -> str:
        """When what it tells of happened."""
        return self.when(self.letter["created_at"])


Said = tuple[str, tuple[str, ...]]
"""A subject, and paragraphs."""


def _invite(told: Telling) -> Said:
    invite = invites.get(told.transaction, told.letter["subject_id"])
    assert invite is not None  # noqa: S101  invites are never deleted
    what = _PORTALS.get(invite["kind"], "portal")
    made = told.link(LinkKind.INVITE, invite["id"])
    until = told.when(invite["expires_at"])
    return f"{told.practice.name} invites you to its portal", (
        f"{told.practice.name} invites you to its {what}.",
        *_ways_in(made, "Make your account", "portalctl signup -"),
        f"The link is for you alone. It works once, until {until}.",
    )


_PORTALS = {
    "client": "client portal",
    "staff": "portal, as one of its people",
    "related": "client portal, as somebody close to one of its clients",
}
"""What each kind of invite is to."""


def _ways_in(link: str, what: str, command: str) -> tuple[str, ...]:
    shell = f"Start this in a shell, and paste the link:\n\n  {command}"
    if link.startswith(("https://", "http://")):
        return f"{what} here:\n\n  {link}", shell.replace("Start this in", "Or start this in")
    return f"{what} with this link:\n\n  {link}", shell


def _reset(told: Telling) -> Said:
    reset = resets.get(told.transaction, told.letter["subject_id"])
    made = told.link(LinkKind.RESET, told.letter["subject_id"])
    until = told.when(reset["expires_at"]) if reset else "a day from now"
    return f"A new password at {told.practice.name}", (
        f"somebody asked for a new password for {told.recipient} at {told.practice.name}.",
        *_ways_in(made, "If it was you, set one", "portalctl password reset -"),
        f"The link works once, until {until}, and ends every session of your account.",
        "If it was not you, there is nothing to do: your password stays as it is.",
    )


def _new_address(told: Telling) -> Said:
    change = profiles.email_change(told.transaction, told.letter["subject_id"])
    until = told.when(change["expires_at"]) if change else "a day from now"
    code = told.link(LinkKind.EMAIL, told.letter["subject_id"]).rpartition("/")[2]
    return f"Confirm your new address at {told.practice.name}", (
        f"{told.recipient} is to be your address at {told.practice.name}. Nothing changes until you confirm it.",
        "Start this in a shell, where you are signed in, and paste the code:\n\n"
        f"  portalctl settings profile confirm-email -\n\n  {code}",
        f"The code works once, until {until}. If you did not ask for it, there is nothing to do.",
    )


def _former_address(told: Telling) -> Said:
    return f"Your address at {told.practice.name} was changed", (
        f"you sign in at {told.practice.name} with another address from now on, and no more mail comes to this one:",
        f"  {told.written_at}",
        "If it was you, there is nothing to do. If it was not, tell the practice at once.",
    )


def _sign_in(told: Telling) -> Said:
    place = told.letter["details"].get("from")
    came_from = f", from {place}" if place and place != "local" else ""
    return f"A new sign-in at {told.practice.name}", (
        f"somebody signed in as {told.recipient} at {told.practice.name}:",
        f"  {told.written_at}{came_from}",
        "If it was you, there is nothing to do. If it was not, set a new password at once, which ends every session:",
        f"  portalctl password reset --email {told.recipient}",
    )


def _new_password(told: Telling) -> Said:
    ended = "every other session" if told.letter["details"].get("one_session_stays") else "every session"
    return f"Your password at {told.practice.name} was changed", (
        f"the password of {told.recipient} at {told.practice.name} was changed, and {ended} was ended:",
        f"  {told.written_at}",
        "If it was you, there is nothing to do. If it was not, tell the practice at once.",
    )


def _deletion(told: Telling) -> Said:
    return f"Your account at {told.practice.name} was deleted", (
        f"the account of {told.recipient} at {told.practice.name} was deleted, and coming appointments cancelled:",
        f"  {told.written_at}",
        "What a practice has to keep stays on its record. To come back, ask for an invite.",
        "If it was not you, tell the practice at once.",
    )


def _second_factor(told: Telling) -> Said:
    word = "on" if told.letter["kind"] == LetterKind.MFA_ON else "off"
    by = " by the practice, every session and API token was ended" if told.letter["details"].get("by_practice") else ""
    return f"Your second factor at {told.practice.name} was turned {word}", (
        f"the second factor of {told.recipient} at {told.practice.name} was turned {word}"
        f"{by or ', and every other session was ended'}:",
        f"  {told.written_at}",
        "If it was you, there is nothing to do. If it was not, set a new password at once, and tell the practice:",
        f"  portalctl password reset --email {told.recipient}",
    )


def _token(told: Telling) -> Said:
    details = told.letter["details"]
    return f"A new API token at {told.practice.name}", (
        f"an API token was made for {told.recipient} at {told.practice.name}, with which a script acts for you:",
        f"  {told.written_at}\n  scopes:  {', '.join(details['scopes'])}\n"
        f"  expires: {told.when(details['expires_at'])}",
        "If it was you, there is nothing to do. If it was not, end it, and set a new password at once:",
        f"  portalctl settings tokens revoke {told.letter['subject_id']}\n"
        f"  portalctl password reset --email {told.recipient}",
    )


TOLD: dict[LetterKind, Callable[[Telling], Said]] = {
    LetterKind.INVITE: _invite,
    LetterKind.PASSWORD_RESET: _reset,
    LetterKind.NEW_SIGN_IN: _sign_in,
    LetterKind.EMAIL_CHANGE: _new_address,
    LetterKind.EMAIL_CHANGED: _former_address,
    LetterKind.PASSWORD_CHANGED: _new_password,
    LetterKind.MFA_ON: _second_factor,
    LetterKind.MFA_OFF: _second_factor,
    LetterKind.TOKEN_MADE: _token,
    LetterKind.ACCOUNT_DELETED: _deletion,
}
"""How each of these letters is put."""
