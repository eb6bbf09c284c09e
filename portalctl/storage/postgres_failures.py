"""What went wrong with PostgreSQL, in the portal's own words. No message holds a password."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from portalctl import errors

_BUSY = {
    "40001": "another change was faster",
    "40P01": "two changes waited for each other",
    "55P03": "another change held what this one needs",
    "57014": "it took too long",
    "25P03": "it was idle for too long",
    "53200": "the database has no memory left",
    "53300": "the database has no connection left",
    "0A000": "its schema was changed meanwhile",
}
"""Troubles that pass, by SQLSTATE."""

_LOST = {"57P01", "57P02", "57P03", "57P05"}
"""The server ends, ended or begins."""

_LAST_GUARDS: dict[str, Callable[[], errors.Refused]] = {
    "slot_taken": lambda: errors.SlotTaken("that time is taken", "list free times with: portalctl appointments slots"),
    "client_busy": lambda: errors.ClientBusy("the client has another appointment then", "choose another time"),
}
"""By the name of the constraint."""

_NOTHING_CHANGED = "nothing was changed; try again"


def as_failure(error: psycopg.Error, place: str) -> errors.PortalError | None:
    """The failure that an error means, or None where the error is a mistake of ours, and says so best itself."""
    if is_lost(error):
        return errors.Retryable(f"the connection to {place} was lost", _NOTHING_CHANGED)
    state = error.sqlstate or ""
    if state in _BUSY:
        return errors.Retryable(f"{place} is busy: {_BUSY[state]}", _NOTHING_CHANGED)
    if state == "23P01":
        guard = _LAST_GUARDS.get(error.diag.constraint_name or "")
        return guard() if guard else None
    if state == "53100":
        return errors.DiskFull(f"no space left to change {place}", "free some space; nothing was changed")
    if state == "25006":
        return errors.PortalReadOnly(f"{place} takes no changes", "it may be a standby: connect to the primary")
    if state == "42501":
        return errors.StorageFailure(
            f"{place}: {error.diag.message_primary}", "grant the role of the URL what it needs, or use the owner's"
        )
    if state in ("42P01", "3F000"):
        return missing(place)
    if state in ("XX001", "XX002", "58030"):
        return errors.PortalCorrupt(f"{place} is damaged", "look at PostgreSQL's log, and bring back a backup")
    return None


def not_connected(error: psycopg.Error, place: str) -> errors.PortalError:
    """Why there is no connection. The protocol says it in words only."""
    told = " ".join(str(error).split())
    why = told.rpartition("FATAL: ")[2].strip() or told
    if "authentication" in why or "no password supplied" in why or "pg_hba.conf" in why:
        return errors.StorageFailure(
            f"{place} does not let us in: {why}",
            "the password comes from PGPASSWORD, a password file (PGPASSFILE) or the configuration file",
        )
    if "does not exist" in why:
        return errors.PortalMissing(f"there is no portal at {place}: {why}", "make the database and its role first")
    return errors.Retryable(f"{place} cannot be reached: {why}", "see that PostgreSQL runs, and try again")


def is_lost(error: psycopg.Error) -> bool:
    """Whether the server has gone, in whatever way."""
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    return state in _LOST or state.startswith("08")


def unknown_outcome(place: str) -> errors.Retryable:
    """The connection broke while the change was being committed: it may be there or not."""
    return errors.Retryable(
        f"the connection to {place} was lost while it confirmed the change",
        "the change may have been made: look, or try again with the same idempotency key",
    )


def missing(place: str) -> errors.PortalMissing:
    """Nothing was ever set up there."""
    return errors.PortalMissing(f"there is no portal at {place}", "make one with: portalctl serve migrate")
