"""API tokens: what each may do, until when, and what no token does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.operation import Operation
from portalctl.domain import scopes
from portalctl.domain.access import ACCESS, PUBLIC
from portalctl.models.account import CONFIRMATION, DeleteAccount
from portalctl.models.appointments import ListAppointments
from portalctl.models.clients import ListClients, MakeResetLink
from portalctl.models.sessions import ResetPassword
from portalctl.models.staff import AddStaff, EditStaff, StaffReference
from portalctl.models.tokens import CreateToken, IssuedToken, TokenReference
from portalctl.storage.engine import Row
from tests.domain.apps import guard
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, FakeClock, query
from tests.domain.house import MISSING, REQUESTS, call, filled
from tests.domain.people import hire
from tests.domain.ways_in import CARA_PASSWORD, reset, told
from tests.surface import operations

READ = "appointments:read"


def made(portal: EmbeddedPortal, *granted: str, days: int = 30) -> IssuedToken:
    """A new token of somebody's."""
    return portal.tokens.create(CreateToken(name="script", scopes=list(granted), expires_days=days))


def of_script(portal: EmbeddedPortal, *granted: str, days: int = 30) -> EmbeddedPortal:
    """The portal as a script of theirs sees it."""
    return portal.with_token(made(portal, *granted, days=days).token)


def test_the_scopes_are_documented_by_name() -> None:
    """Who adds a noun decides whether tokens reach it: all that make or change a way in are for people."""
    nouns = {key.partition(".")[0] for key in ACCESS}
    assert nouns >= scopes.FOR_PEOPLE
    assert {scope.partition(":")[0] for scope in scopes.everything()} == nouns - scopes.FOR_PEOPLE
    assert {READ, "appointments:write", "documents:read"} <= set(scopes.everything())
    assert not PUBLIC & {f"{scope.partition(':')[0]}.{scope}" for scope in scopes.everything()}


@pytest.mark.parametrize(
    ("operation", "scope"),
    [
        ("appointments.list", "appointments:read"),
        ("appointments.book", "appointments:write"),
        ("appointments.check_booking", "appointments:write"),
        ("documents.open_body", "documents:read"),
        ("uploads.append", "uploads:write"),
        ("practice.backup", "practice:write"),
        ("clients.show", "clients:read"),
        ("clients.reset_link", None),
        ("staff.add", None),
        ("staff.edit", None),
        ("staff.disable", "staff:write"),
        ("mfa.reset", None),
        ("devices.allow", None),
        ("sessions.list", None),
        ("settings.change_email", None),
        ("account.show", None),
        ("tokens.create", None),
    ],
)
def test_what_looks_needs_read_and_all_else_write(operation: str, scope: str | None) -> None:
    noun, name = operation.split(".")
    one = operations().get(operation)
    assert scopes.scope_of(one.operation if one is not None else Operation(noun, name, "", "")) == scope


def test_a_token_does_nothing_that_its_scopes_do_not_name(client: EmbeddedPortal) -> None:
    """The scope is looked at before anything that is asked for, of every operation there is."""
    tokens = {scope: made(client, scope).token for scope in ("slots:read", READ)}
    for key in sorted(operations().keys() - PUBLIC - scopes.FOR_ANY):
        one = operations()[key]
        wanted = scopes.scope_of(one.operation)
        script = client.with_token(tokens[READ if wanted == "slots:read" else "slots:read"])
        answer = call(script, one, filled(REQUESTS[key][0], MISSING))
        assert isinstance(answer, errors.ScopeMissing), key
        assert wanted is None or wanted in answer.message


def test_a_scope_opens_no_more_than_its_makers_role_does(client: EmbeddedPortal) -> None:
    assert told(of_script(client, "clients:read").clients.list, ListClients()).kind is errors.NotPermitted


def test_a_token_tells_whose_it_is_and_until_when(client: EmbeddedPortal) -> None:
    token = made(client, READ)
    identity = client.with_token(token.token).sessions.who_am_i()
    assert (identity.email, identity.session_expires_at) == (ANNA_EMAIL, token.expires_at)


def test_a_token_makes_no_way_in(owner: EmbeddedPortal) -> None:
    """Neither another token, nor a reset link, nor an owner, however much it may do otherwise."""
    script = of_script(owner, *scopes.everything())
    for call_, request in (
        (script.tokens.create, CreateToken(name="other", scopes=[READ])),
        (script.clients.reset_link, MakeResetLink(client=ANNA_EMAIL)),
        (script.staff.add, AddStaff(email="eva@example.com", name="Eva", role="owner")),
        (script.staff.edit, EditStaff(staff="Dr Rossi", name="Dr Verdi")),
    ):
        assert told(call_, request).kind is errors.ScopeMissing


@pytest.mark.parametrize(
    "scope", ["appointments", "appointments:delete", "tokens:read", "nothing:read", "slots:write", ""]
)
def test_a_scope_that_there_is_not_makes_no_token(client: EmbeddedPortal, scope: str) -> None:
    with pytest.raises((errors.InvalidInput, ValueError)):
        made(client, READ, scope)
    assert client.tokens.list() == []


@pytest.mark.parametrize("days", [0, -1, 91, 10**9])
def test_a_token_lives_from_one_to_ninety_days(client: EmbeddedPortal, days: int) -> None:
    with pytest.raises(ValueError, match="expires_days"):
        made(client, READ, days=days)


class TestTheEnd:
    def test_comes_when_it_expires_and_not_for_want_of_use(self, client: EmbeddedPortal, clock: FakeClock) -> None:
        script = of_script(client, READ, days=90)
        clock.advance(timedelta(days=90, seconds=-1))
        assert script.appointments.list(ListAppointments()).items == []
        clock.advance(timedelta(seconds=1))
        assert told(script.appointments.list, ListAppointments()).kind is errors.SignInNeeded

    def test_comes_with_the_next_request_once_it_is_revoked(self, client: EmbeddedPortal) -> None:
        token = made(client, READ)
        client.tokens.revoke(TokenReference(id=token.id[:8]))
        assert told(client.with_token(token.token).sessions.who_am_i).kind is errors.SignInNeeded

    def test_comes_with_a_reset_of_the_password(self, owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
        script = of_script(client, READ)
        client.sessions.reset_password(ResetPassword(code=reset(owner), password=CARA_PASSWORD))
        assert told(script.sessions.who_am_i).kind is errors.SignInNeeded

    def test_comes_with_the_account_as_do_its_second_factor_and_recovery_codes(
        self, client: EmbeddedPortal, clock: FakeClock, portal_file: Path
    ) -> None:
        script = of_script(client, READ)
        guard(client, clock)
        client.account.delete(DeleteAccount(password=ANNA_PASSWORD, confirm=CONFIRMATION))
        assert told(script.sessions.who_am_i).kind is errors.SignInNeeded
        for table in ("api_tokens", "second_factors", "recovery_codes"):
            assert query(portal_file, f"SELECT account_id FROM {table}") == []  # noqa: S608  our own names

    def test_comes_when_its_maker_is_disabled(self, owner: EmbeddedPortal) -> None:
        script = of_script(hire(owner, "Verdi"), READ)
        assert script.sessions.who_am_i().name == "Verdi"
        owner.staff.disable(StaffReference(staff="verdi@example.com"))
        assert told(script.sessions.who_am_i).kind is errors.SignInNeeded

    def test_does_not_come_with_signing_out(self, client: EmbeddedPortal) -> None:
        """Which is for sessions; a token is revoked."""
        script = of_script(client, READ)
        script.sessions.sign_out()
        assert script.sessions.who_am_i().email == ANNA_EMAIL

    def test_one_that_expired_is_listed_for_a_month(self, client: EmbeddedPortal, clock: FakeClock) -> None:
        made(client, READ, days=1)
        for days, left in ((30, 2), (1, 2), (1, 3)):
            clock.advance(timedelta(days=days))
            made(client, READ, days=90)
            assert len(client.tokens.list()) == left


def test_its_last_use_is_written_down_once_a_minute_at_the_most(
    client: EmbeddedPortal, clock: FakeClock, portal_file: Path
) -> None:
    script = of_script(client, READ)
    written = []
    for seconds in (0, 59, 1, 59, 1):
        clock.advance(timedelta(seconds=seconds))
        script.appointments.list(ListAppointments())
        written.append(query(portal_file, "SELECT last_used_at FROM api_tokens")[0]["last_used_at"])
    begun = written[0]
    assert written == [begun, begun, begun + 60, begun + 60, begun + 120]


def test_a_token_is_256_random_bits_and_stored_by_its_hash_only(client: EmbeddedPortal, portal_file: Path) -> None:
    tokens = [made(client, READ).token for _ in range(2)]
    assert len(set(tokens)) == 2
    assert {(token[:4], len(token)) for token in tokens} == {("pca_", 4 + 43)}
    for file in portal_file.parent.glob("portal.db*"):
        assert tokens[0].removeprefix("pca_").encode() not in file.read_bytes()


def test_making_and_revoking_leave_their_rows_in_the_audit(
    client: EmbeddedPortal, audit: Callable[[], list[Row]]
) -> None:
    """What a script does stands there as its maker's."""
    token = made(client, READ)
    client.tokens.revoke(TokenReference(id=token.id))
    own = client.sessions.who_am_i().client_id
    rows = [(row["chain"], row["actor"], row["action"], row["subject"]) for row in audit() if "tokens" in row["action"]]
    assert rows == [(own, own, "tokens.create", token.id), (own, own, "tokens.revoke", token.id)]
    assert token.token not in str(audit())
