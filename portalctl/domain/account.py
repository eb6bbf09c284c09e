"""The caller's own account, and its end."""

from __future__ import annotations

from portalctl.contract import account as contract
from portalctl.domain import changes, letters
from portalctl.domain.access import Caller
from portalctl.domain.cards import forget_removed, remove_all
from portalctl.domain.office import Office, Visit
from portalctl.domain.reauthentication import proven
from portalctl.models.account import Account, DeleteAccount, Deletion
from portalctl.storage import account, accounts, practice

ERASED = [
    "password, second factor, sessions and API tokens",
    "drafts that were not completed",
    "language, time zone and notification settings",
    "payment methods, and who might charge them, here and at the payment provider",
]
"""What of a person goes with their account."""

CARDS_AT_ONCE = 5
"""How many cards the payment provider forgets while whoever deletes their account waits; others soon afterwards."""

KEPT = [
    "name, address and profile, appointments, messages, documents, completed forms and invoices: the practice's record",
    "the audit, under the id of the person",
]
"""What a health practice has to keep, and keeps without the account."""


class Accounts(contract.Accounts):
    """The accounts of this portal, each as its owner sees it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def show(self) -> Account:
        """Whose account it is, and since when."""
        with self._office.visit(contract.Accounts.show) as visit:
            caller, organisation = visit.caller, practice.get(visit.transaction)
            assert organisation is not None  # noqa: S101  a session exists only where a practice does
            return Account(
                id=caller.account_id,
                name=caller.name,
                email=caller.email,
                role=caller.role,
                practice=organisation.name,
                client_id=caller.client_id,
                **account.about(visit.transaction, caller.account_id, visit.second),
            )

    def check_deletion(self) -> Deletion:
        """What deleting it would do; nothing changes."""
        with self._office.visit(contract.Accounts.check_deletion) as visit:
            return _foreseen(visit)

    def delete(self, request: DeleteAccount) -> Deletion:
        """Delete it; asking again in the session that deleted it answers the same."""
        token_hash = self._office.token_hash()
        with self._office.store.reading() as tx:
            told = account.burial(tx, token_hash)
        if told is not None:
            return Deletion.model_validate_json(told)
        with proven(self._office, contract.Accounts.delete, request.password, holding=_own_record) as visit:
            done = self._end(visit, token_hash)
        forget_removed(self._office, CARDS_AT_ONCE)
        return done

    def _end(self, visit: Visit, token_hash: str) -> Deletion:
        tx, caller = visit.transaction, visit.caller
        done = _foreseen(visit).model_copy(update={"deleted_at": visit.now.replace(microsecond=0)})
        if caller.client_id is not None:
            changes.cancel_all_coming(visit, caller.client_id, "the client deleted their account")
            remove_all(visit, caller.client_id)
        account.erase_drafts(tx, caller.person_id, visit.second)
        owner = accounts.get(tx, caller.account_id)
        assert owner is not None  # noqa: S101  its session has just been used
        letters.tell_of_deletion(tx, visit.second, owner)
        visit.record(caller.person_id, caller.client_id)
        account.bury(
            tx,
            caller.account_id,
            caller.person_id,
            token_hash=token_hash,
            report=done.model_dump_json(),
            at=visit.second,
        )
        return done


def _own_record(caller: Caller) -> list[str]:
    return [f"client:{caller.client_id}"] if caller.client_id is not None else []


def _foreseen(visit: Visit) -> Deletion:
    """What deleting the caller's account would do now."""
    caller, tx = visit.caller, visit.transaction
    coming = changes.coming(visit, caller.client_id) if caller.client_id is not None else []
    return Deletion(
        account_id=caller.account_id,
        coming_appointments=len(coming),
        sessions=account.about(tx, caller.account_id, visit.second)["sessions"],
        drafts=len(account.drafts(tx, caller.person_id)),
        erased=ERASED,
        kept=KEPT,
    )
