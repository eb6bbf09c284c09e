"""What a portal can do with the caller's own account."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.account import Account, DeleteAccount, Deletion


class Accounts(ABC):
    """The caller's own account."""

    @operation("GET", "/account")
    @abstractmethod
    def show(self) -> Account:
        """Whose account it is, and since when."""

    @operation("GET", "/account/deletion")
    @abstractmethod
    def check_deletion(self) -> Deletion:
        """What deleting it would do; nothing changes. The accounts of staff are the practice's."""

    @operation("POST", "/account/delete", repeatable=True)
    @abstractmethod
    def delete(self, request: DeleteAccount) -> Deletion:
        """Delete it: coming appointments are cancelled, sessions and tokens end, what was the person's own is erased.

        The practice's record stays, without the account; in the session that deleted it repeating it answers the same.
        Raises BadCredentials, TooManyAttempts.
        """
