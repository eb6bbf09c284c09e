"""Who may see and do what: one table, operation by role."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from portalctl.models.role import Role


class Reach(StrEnum):
    """How far an operation reaches for a role."""

    NOTHING = "nothing"
    OWN = "own"
    ALL = "all"


class Caller(NamedTuple):
    """Who calls: an account with its role, and the person behind it."""

    account_id: str
    session_id: str
    role: Role
    name: str
    email: str
    client_id: str | None
    staff_id: str | None
    timezone: str
    related_id: str | None = None
    """Set for everybody who has portal access as somebody's relative, clients and staff too."""
    scopes: frozenset[str] | None = None
    """What the API token in use may do, whose id `session_id` is; None for somebody in a session of their own."""

    @property
    def person_id(self) -> str:
        """The client, staff or related id that owns what this caller makes, and under which the audit knows them."""
        person = self.client_id or self.staff_id or self.related_id
        assert person is not None  # noqa: S101  an account always belongs to a person
        return person


class Access(NamedTuple):
    """One row of the table."""

    owner: Reach
    practitioner: Reach
    staff: Reach
    client: Reach
    related: Reach

    def of(self, role: Role) -> Reach:
        """The cell of a role."""
        reach = getattr(self, role.value)
        assert isinstance(reach, Reach)  # noqa: S101  the fields are named after the roles
        return reach


_N, _O, _A = Reach.NOTHING, Reach.OWN, Reach.ALL

EVERYONE = Access(_A, _A, _A, _A, _A)
SELF = Access(_O, _O, _O, _O, _O)
OWNER_ONLY = Access(_A, _N, _N, _N, _N)
STAFF_ONLY = Access(_A, _A, _A, _N, _N)
STAFF_CLIENT_AND_RELATED = Access(_A, _A, _A, _O, _O)
CLIENT_ONLY = Access(_N, _N, _N, _O, _N)
STAFF_AND_CLIENT = Access(_A, _A, _A, _O, _N)
NOT_STAFF = Access(_N, _N, _N, _O, _O)
OWNER_AND_CLIENT = Access(_A, _N, _N, _O, _N)
OWN_MAIL = Access(_O, _O, _O, _O, _N)
OWN_HOURS = Access(_A, _O, _A, _N, _N)

PUBLIC = frozenset(
    {
        "practice.set_up",
        "sessions.sign_up",
        "sessions.sign_in",
        "sessions.sign_out",
        "sessions.reset_password",
        "sessions.request_reset",
        "invites.preview",
        "devices.start",
        "devices.poll",
    }
)
"""Operations that need no session."""

ACCESS: dict[str, Access] = {
    "practice.show": EVERYONE,
    "practice.backup": OWNER_ONLY,
    "sessions.who_am_i": SELF,
    "sessions.change_password": SELF,
    "sessions.revoke": SELF,
    "sessions.revoke_others": SELF,
    "sessions.list": SELF,
    "settings.show": SELF,
    "settings.set_profile": SELF,
    "settings.change_email": SELF,
    "settings.confirm_email": SELF,
    "settings.set_notifications": SELF,
    "staff.list": STAFF_ONLY,
    "staff.add": OWNER_ONLY,
    "staff.edit": OWNER_ONLY,
    "staff.disable": OWNER_ONLY,
    "staff.practitioners": EVERYONE,
    "services.list": EVERYONE,
    "services.add": OWNER_ONLY,
    "services.edit": OWNER_ONLY,
    "services.archive": OWNER_ONLY,
    "hours.show": STAFF_ONLY,
    "hours.set": OWN_HOURS,
    "hours.add": OWN_HOURS,
    "hours.override": OWN_HOURS,
    "policy.show": EVERYONE,
    "policy.set": OWNER_ONLY,
    "invites.create": STAFF_ONLY,
    "invites.list": STAFF_ONLY,
    "invites.revoke": STAFF_ONLY,
    "payment_methods.gateway": STAFF_AND_CLIENT,
    "payment_methods.list": STAFF_AND_CLIENT,
    "payment_methods.show": STAFF_AND_CLIENT,
    "payment_methods.add": CLIENT_ONLY,
    "payment_methods.set_default": CLIENT_ONLY,
    "payment_methods.authorize": CLIENT_ONLY,
    "payment_methods.revoke": CLIENT_ONLY,
    "payment_methods.remove": CLIENT_ONLY,
    "payment_methods.begin_setup": CLIENT_ONLY,
    "payment_methods.setup": CLIENT_ONLY,
    "invoices.list": STAFF_AND_CLIENT,
    "invoices.show": STAFF_AND_CLIENT,
    "invoices.create": STAFF_ONLY,
    "invoices.issue": STAFF_ONLY,
    "invoices.void": STAFF_ONLY,
    "invoices.charges": STAFF_AND_CLIENT,
    "invoices.charge": STAFF_ONLY,
    "invoices.pay": CLIENT_ONLY,
    "invoices.refund": STAFF_ONLY,
    "invoices.receipts": STAFF_AND_CLIENT,
    "invoices.reconcile": STAFF_ONLY,
    "clients.list": STAFF_ONLY,
    "clients.show": STAFF_AND_CLIENT,
    "clients.identify": STAFF_ONLY,
    "clients.reset_link": STAFF_ONLY,
    "slots.find": STAFF_AND_CLIENT,
    "appointments.list": STAFF_AND_CLIENT,
    "appointments.show": STAFF_AND_CLIENT,
    "appointments.book": STAFF_AND_CLIENT,
    "appointments.check_booking": STAFF_AND_CLIENT,
    "appointments.book_series": STAFF_ONLY,
    "appointments.reschedule": STAFF_AND_CLIENT,
    "appointments.confirm": STAFF_AND_CLIENT,
    "appointments.cancel": STAFF_AND_CLIENT,
    "appointments.check_cancellation": STAFF_AND_CLIENT,
    "appointments.room": STAFF_AND_CLIENT,
    "appointments.approve": STAFF_ONLY,
    "appointments.decline": STAFF_ONLY,
    "appointments.attended": STAFF_ONLY,
    "appointments.no_show": STAFF_ONLY,
    "assignments.list": STAFF_ONLY,
    "assignments.add": OWNER_ONLY,
    "assignments.remove": OWNER_ONLY,
    "conversations.list": STAFF_AND_CLIENT,
    "conversations.show": STAFF_AND_CLIENT,
    "conversations.start": STAFF_AND_CLIENT,
    "conversations.reply": STAFF_AND_CLIENT,
    "conversations.read": STAFF_AND_CLIENT,
    "conversations.unread": STAFF_AND_CLIENT,
    "conversations.close": STAFF_ONLY,
    "conversations.reopen": STAFF_ONLY,
    "conversations.broadcast": STAFF_ONLY,
    "conversations.news": OWN_MAIL,
    "dashboard.show": CLIENT_ONLY,
    "dashboard.look": CLIENT_ONLY,
    "devices.show": SELF,
    "devices.allow": SELF,
    "devices.refuse": SELF,
    "forms.add": STAFF_ONLY,
    "forms.list": STAFF_ONLY,
    "forms.share": STAFF_ONLY,
    "forms.given": STAFF_AND_CLIENT,
    "forms.show": STAFF_AND_CLIENT,
    "forms.save": CLIENT_ONLY,
    "forms.submit": CLIENT_ONLY,
    "forms.export": STAFF_AND_CLIENT,
    "notes.add": STAFF_AND_CLIENT,
    "notes.edit": STAFF_AND_CLIENT,
    "notes.complete": STAFF_AND_CLIENT,
    "notes.list": STAFF_AND_CLIENT,
    "notes.show": STAFF_AND_CLIENT,
    "relationships.add": STAFF_ONLY,
    "relationships.list": STAFF_CLIENT_AND_RELATED,
    "relationships.show": STAFF_CLIENT_AND_RELATED,
    "relationships.edit": STAFF_ONLY,
    "relationships.remove": STAFF_ONLY,
    "relationships.docs": SELF,
    "relationships.dashboard": SELF,
    "uploads.start": STAFF_AND_CLIENT,
    "uploads.show": STAFF_AND_CLIENT,
    "uploads.drop": STAFF_AND_CLIENT,
    "uploads.append": STAFF_AND_CLIENT,
    "mfa.status": SELF,
    "mfa.set_up": SELF,
    "mfa.verify": SELF,
    "mfa.disable": SELF,
    "mfa.renew_recovery_codes": SELF,
    "mfa.reset": STAFF_ONLY,
    "tokens.create": SELF,
    "tokens.list": SELF,
    "tokens.revoke": SELF,
    "outbox.list": STAFF_ONLY,
    "outbox.show": STAFF_ONLY,
    "outbox.send": OWNER_ONLY,
    "account.show": SELF,
    "account.check_deletion": NOT_STAFF,
    "account.delete": NOT_STAFF,
    "audit.list": OWNER_AND_CLIENT,
    "audit.verify": OWNER_AND_CLIENT,
    "documents.list": STAFF_AND_CLIENT,
    "documents.show": STAFF_CLIENT_AND_RELATED,
    "documents.add": STAFF_AND_CLIENT,
    "documents.add_files": STAFF_AND_CLIENT,
    "documents.known": STAFF_AND_CLIENT,
    "documents.rename": STAFF_AND_CLIENT,
    "documents.hide": CLIENT_ONLY,
    "documents.unhide": CLIENT_ONLY,
    "documents.delete": STAFF_AND_CLIENT,
    "documents.share": STAFF_ONLY,
    "documents.unshare": STAFF_ONLY,
    "documents.release": OWNER_ONLY,
    "documents.views": STAFF_AND_CLIENT,
    "documents.open_body": STAFF_CLIENT_AND_RELATED,
}
