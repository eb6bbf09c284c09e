"""What people set for themselves. Everybody reaches their own settings, and nobody else's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portalctl import errors
from portalctl.contract import settings as contract
from portalctl.domain import claims, letters, links, notifications, phone_numbers, reminding, throttle
from portalctl.domain.ids import new_id
from portalctl.domain.links import LinkKind
from portalctl.domain.office import Office, Visit
from portalctl.domain.reauthentication import proven
from portalctl.domain.versions import require_unchanged
from portalctl.models.role import Role
from portalctl.models.sessions import ENGLISH
from portalctl.models.settings import (
    ChangeEmail,
    ConfirmEmail,
    EmailChange,
    Notifications,
    Profile,
    SetNotifications,
    SetProfile,
    Settings,
)
from portalctl.models.versions import stamped
from portalctl.storage import accounts, outbox, practice, profiles, resets, sessions
from portalctl.storage import notifications as wishes
from portalctl.storage.engine import Transaction

CODE_MINUTES = 1440
"""How long the code that is mailed to a new address works."""

FIRST_YEAR = 1880
"""Nobody who is alive was born before it."""

_NOT_OF_STAFF = frozenset({"birth_date", "address"})
_NOT_OF_RELATED = frozenset({"birth_date"})
"""What the practice does not need to know of people who are not its clients."""


class OwnSettings(contract.OwnSettings):
    """The caller's settings."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def show(self) -> Settings:
        """Everything at a glance."""
        with self._office.visit(contract.OwnSettings.show) as visit:
            signed_in = sessions.of_account(visit.transaction, visit.caller.account_id, visit.second)
            return Settings(profile=_profile(visit), notifications=_notifications(visit), sessions=len(signed_in))

    def set_profile(self, request: SetProfile) -> Profile:
        """Change one's own profile."""
        with self._office.visit(contract.OwnSettings.set_profile) as visit:
            tx, person_id = visit.transaction, visit.caller.person_id
            _hold_person(visit)
            before = _profile(visit)
            require_unchanged(before, request.if_version)
            changes = _changes(visit, request)
            name, timezone = changes.pop("name", before.name), changes.pop("timezone", _own_zone(visit))
            profiles.put_person(tx, person_id, name=name, timezone=timezone)
            profiles.put(tx, person_id, profiles.get(tx, person_id) | changes)
            after = _profile(visit)
            if after != before:
                visit.record(person_id, visit.caller.client_id)
            return after

    def change_email(self, request: ChangeEmail) -> EmailChange:
        """Have a code mailed to the address that is to be one's own. Whose it is now is found out later."""
        method = contract.OwnSettings.change_email
        with self._office.visit(method) as visit:
            caller = visit.caller
            if request.email == caller.email:
                raise errors.InvalidInput("that is your address already", "give the one that is to be yours")
            quotas = throttle.email_changes_by(caller.account_id, request.email)
            throttle.spend(visit.transaction, visit.second, *quotas)
        with proven(self._office, method, request.password) as visit:
            tx, at = visit.transaction, visit.second
            account = accounts.get(tx, visit.caller.account_id)
            assert account is not None  # noqa: S101  it was just proven
            profiles.give_up_email_change(tx, account["account_id"], at)
            change_id, expires_at = new_id(LinkKind.EMAIL.prefix), at + 60 * CODE_MINUTES
            profiles.ask_for_email(
                tx,
                id=change_id,
                account_id=account["account_id"],
                email=request.email,
                created_at=at,
                expires_at=expires_at,
            )
            letters.ask_to_confirm(tx, at, account, request.email, change_id)
            visit.record(visit.caller.person_id, visit.caller.client_id)
            return EmailChange(
                person_id=visit.caller.person_id,
                new_email=request.email,
                expires_at=datetime.fromtimestamp(expires_at, UTC),
            )

    def confirm_email(self, request: ConfirmEmail) -> Profile:
        """Sign in with the new address from now on; a code that gives nothing counts as a guess."""
        with self._office.visit(contract.OwnSettings.confirm_email) as visit:
            guesses = throttle.of_guesser(visit.caller.account_id), throttle.of_address(self._office.address)
            throttle.hold(visit.transaction, *guesses)
            throttle.require_open(visit.transaction, visit.second, *guesses)
            if self._take_into_use(visit, request.code):
                return _profile(visit)
            throttle.begin(visit.transaction, visit.second, *guesses)
        raise errors.LinkNotValid(
            "this code is not valid", "ask for another: portalctl settings profile set --email ADDRESS"
        )

    def set_notifications(self, request: SetNotifications) -> Notifications:
        """Choose which notices come by e-mail, and when reminders do."""
        with self._office.visit(contract.OwnSettings.set_notifications) as visit:
            tx, person_id = visit.transaction, visit.caller.person_id
            _hold_person(visit)
            before = _notifications(visit)
            require_unchanged(before, request.if_version)
            _check(visit, request)
            muted = [kind for kind in before.turned_off if kind not in request.on]
            muted += [kind for kind in request.off if kind not in muted]
            reminders = before.reminder_minutes
            if request.reminder_minutes is not None:
                reminders = sorted(set(request.reminder_minutes), reverse=True)
            elif request.usual_reminders:
                reminders = None
            wishes.put(tx, person_id, muted=[kind.value for kind in muted], reminder_minutes=reminders)
            after = _notifications(visit)
            if after.reminder_minutes != before.reminder_minutes and visit.caller.client_id is not None:
                reminding.plan_anew(tx, visit.second, visit.caller.client_id)
            if after != before:
                visit.record(person_id, visit.caller.client_id)
            return after

    def _take_into_use(self, visit: Visit, code: str) -> bool:
        """Whether a code gave the caller's account its new address."""
        tx, caller, at = visit.transaction, visit.caller, visit.second
        change_id = links.id_in(LinkKind.EMAIL, code, self._office.portal_key())
        claim = claims.of_email_change(tx, change_id, at) if change_id is not None else None
        if claim is None:
            return False
        _hold_person(visit, f"email:{caller.email}", f"email:{claim.email}")
        tx.hold(f"account:{caller.account_id}")
        claim = claims.of_email_change(tx, claim.id, at) or claim
        if claim.account_id != caller.account_id:
            claim = claim._replace(refusal="not of this account")
        account = accounts.get(tx, caller.account_id)
        if account is None or claim.refusal is not None or not profiles.use_email_change(tx, claim.id, at):
            claims.refuse(tx, at, claim, visit.operation)
            return False
        letters.tell_of_new_address(tx, at, account)
        profiles.put_email(tx, caller.account_id, caller.person_id, claim.email)
        always = sorted(kind.value for kind in notifications.ALWAYS)
        outbox.redirect(tx, caller.person_id, old=account["email"], new=claim.email, but=always)
        resets.revoke_open(tx, caller.account_id, at)
        visit.record(caller.person_id, caller.client_id)
        return True


def _profile(visit: Visit) -> Profile:
    tx, caller = visit.transaction, visit.caller
    person = profiles.person(tx, caller.person_id)
    told = profiles.get(tx, caller.person_id)
    account = accounts.get(tx, caller.account_id)
    assert account is not None  # noqa: S101  it has a session
    wanted = profiles.open_email_change(tx, caller.account_id, visit.second)
    return stamped(
        Profile(
            **{**told, "language": told["language"] or ENGLISH},
            person_id=caller.person_id,
            role=caller.role,
            name=person["name"],
            email=account["email"],
            new_email=wanted["email"] if wanted is not None else None,
            timezone=person["timezone"] or _practice_zone(tx),
        )
    )


def _notifications(visit: Visit) -> Notifications:
    found = wishes.get(visit.transaction, visit.caller.person_id)
    offered = notifications.offered(visit.caller.role)
    return stamped(
        Notifications(
            person_id=visit.caller.person_id,
            by_email=[kind for kind in offered if kind.value not in found.muted],
            turned_off=[kind for kind in offered if kind.value in found.muted],
            reminder_minutes=list(found.reminder_minutes) if found.reminder_minutes is not None else None,
        )
    )


def _changes(visit: Visit, request: SetProfile) -> dict[str, Any]:
    """What a request makes of each field that it names. Raises InvalidInput."""
    changes = request.model_dump(exclude={"clear", "if_version"}, exclude_none=True)
    both = sorted(changes.keys() & set(request.clear))
    if both:
        raise errors.InvalidInput(f"{both[0]} is both set and cleared", "choose one")
    zone = _practice_zone(visit.transaction)
    lacking = _lacking(visit.caller.role)
    for field in (*changes, *request.clear):
        if field in lacking:
            raise errors.InvalidInput(
                f"the practice keeps no {field.replace('_', ' ')} of you: only of its clients", "leave it out"
            )
    if "timezone" in request.clear and visit.caller.client_id is None and visit.caller.staff_id is not None:
        raise errors.InvalidInput("staff have a time zone of their own", "set the one that you work in")
    if "birth_date" in changes:
        changes["birth_date"] = _born(changes["birth_date"], visit.now.astimezone(ZoneInfo(zone)).date())
    if "phone" in changes:
        changes["phone"] = phone_numbers.normal(changes["phone"], zone)
    if "address" in changes:
        changes["address"] = _lines(changes["address"])
    return changes | dict.fromkeys(request.clear)


def _lacking(role: Role) -> frozenset[str]:
    if role is Role.CLIENT:
        return frozenset()
    return _NOT_OF_RELATED if role is Role.RELATED else _NOT_OF_STAFF


def _born(day: date, today: date) -> str:
    if not date(FIRST_YEAR, 1, 1) <= day <= today:
        raise errors.InvalidInput(
            f"nobody was born on {day.isoformat()}", f"give a day between {FIRST_YEAR} and today: 1985-04-12"
        )
    return day.isoformat()


def _lines(address: str) -> str:
    """An address without blank lines and blanks around its lines. Raises InvalidInput where nothing is left."""
    lines = [line.strip() for line in address.splitlines()]
    if not any(lines):
        raise errors.InvalidInput("the address is blank", "clear it, or give one")
    return "\n".join(line for line in lines if line)


def _check(visit: Visit, request: SetNotifications) -> None:
    """Raise InvalidInput for what cannot be chosen."""
    offered = notifications.offered(visit.caller.role)
    for kind in (*request.on, *request.off):
        if kind in notifications.ALWAYS:
            raise errors.InvalidInput(f"mail of the kind {kind.value} guards your account and always comes")
        if kind not in offered:
            raise errors.InvalidInput(
                f"mail of the kind {kind.value} does not come to you", f"choose from: {', '.join(offered) or 'none'}"
            )
    both = sorted(set(request.on) & set(request.off))
    if both:
        raise errors.InvalidInput(f"{both[0]} is both turned on and off", "choose one")
    chooses = request.reminder_minutes is not None
    if chooses and request.usual_reminders:
        raise errors.InvalidInput("reminder times are both your own and the practice's", "choose one")
    if (chooses or request.usual_reminders) and visit.caller.role is not Role.CLIENT:
        raise errors.InvalidInput("only clients are reminded of appointments", "leave the reminder times out")


def _hold_person(visit: Visit, *others: str) -> None:
    """Let nobody else change the caller, or book them, until this is done."""
    caller = visit.caller
    mine: tuple[str, ...] = (f"client:{caller.client_id}",) if caller.client_id else (f"related:{caller.person_id}",)
    if caller.client_id is None and caller.staff_id is not None:
        mine = ("staff", f"staff:{caller.staff_id}")
    visit.transaction.hold(*mine, *others)


def _own_zone(visit: Visit) -> str | None:
    zone: str | None = profiles.person(visit.transaction, visit.caller.person_id)["timezone"]
    return zone


def _practice_zone(tx: Transaction) -> str:
    found = practice.get(tx)
    assert found is not None  # noqa: S101  a session exists only where a practice does
    return found.timezone
