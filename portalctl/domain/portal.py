"""A portal that carries the domain's rules out in this process, over one office."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

from portalctl.contract.portal import Portal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from portalctl.contract.account import Accounts
    from portalctl.contract.appointments import Appointments
    from portalctl.contract.assignments import Assignments
    from portalctl.contract.audit import Audits
    from portalctl.contract.clients import Clients
    from portalctl.contract.conversations import Conversations
    from portalctl.contract.dashboard import Dashboards
    from portalctl.contract.devices import Devices
    from portalctl.contract.documents import Documents
    from portalctl.contract.forms import Forms
    from portalctl.contract.hours import Hours
    from portalctl.contract.invites import Invites
    from portalctl.contract.invoices import Invoices
    from portalctl.contract.mfa import SecondFactors
    from portalctl.contract.notes import Notes
    from portalctl.contract.outbox import Outbox
    from portalctl.contract.payment_methods import PaymentMethods
    from portalctl.contract.policy import Policies
    from portalctl.contract.practice import Practices
    from portalctl.contract.relationships import Relationships
    from portalctl.contract.services import Services
    from portalctl.contract.sessions import Sessions
    from portalctl.contract.settings import OwnSettings
    from portalctl.contract.slots import Slots
    from portalctl.contract.staff import Staff
    from portalctl.contract.tokens import Tokens
    from portalctl.contract.uploads import Uploads
    from portalctl.domain.office import Office
    from portalctl.models.batch_words import FileAdded, FileToAdd
    from portalctl.models.sharing import DocumentTerms, Whom
    from portalctl.models.uploads import AppendToUpload, Body, OpenBody, Upload


class OfficePortal(Portal):
    """Each noun by its rules. A noun is imported when it is first asked for."""

    @property
    @abstractmethod
    def _office(self) -> Office:
        """Where operations begin."""

    @property
    def _founding_office(self) -> Office:
        """The office of the one noun that may make the portal."""
        return self._office

    @cached_property
    def practice(self) -> Practices:
        """See the contract."""
        from portalctl.domain.practice import Practices

        return Practices(self._founding_office)

    @cached_property
    def sessions(self) -> Sessions:
        """See the contract."""
        from portalctl.domain.sessions import Sessions

        return Sessions(self._office)

    @cached_property
    def settings(self) -> OwnSettings:
        """See the contract."""
        from portalctl.domain.settings import OwnSettings

        return OwnSettings(self._office)

    @cached_property
    def staff(self) -> Staff:
        """See the contract."""
        from portalctl.domain.staff import Staff

        return Staff(self._office)

    @cached_property
    def services(self) -> Services:
        """See the contract."""
        from portalctl.domain.services import Services

        return Services(self._office)

    @cached_property
    def hours(self) -> Hours:
        """See the contract."""
        from portalctl.domain.hours import Hours

        return Hours(self._office)

    @cached_property
    def policy(self) -> Policies:
        """See the contract."""
        from portalctl.domain.policy import Policies

        return Policies(self._office)

    @cached_property
    def invites(self) -> Invites:
        """See the contract."""
        from portalctl.domain.invites import Invites

        return Invites(self._office)

    @cached_property
    def invoices(self) -> Invoices:
        """See the contract."""
        from portalctl.domain.invoices import Invoices

        return Invoices(self._office)

    @cached_property
    def clients(self) -> Clients:
        """See the contract."""
        from portalctl.domain.clients import Clients

        return Clients(self._office)

    @cached_property
    def slots(self) -> Slots:
        """See the contract."""
        from portalctl.domain.slots import Slots

        return Slots(self._office)

    @cached_property
    def appointments(self) -> Appointments:
        """See the contract."""
        from portalctl.domain.appointments import Appointments

        return Appointments(self._office)

    @cached_property
    def assignments(self) -> Assignments:
        """See the contract."""
        from portalctl.domain.assignments import Assignments

        return Assignments(self._office)

    @cached_property
    def conversations(self) -> Conversations:
        """See the contract."""
        from portalctl.domain.conversations import Conversations

        return Conversations(self._office)

    @cached_property
    def dashboard(self) -> Dashboards:
        """See the contract."""
        from portalctl.domain.dashboard import Dashboards

        return Dashboards(self._office)

    @cached_property
    def devices(self) -> Devices:
        """See the contract."""
        from portalctl.domain.devices import Devices

        return Devices(self._office)

    @cached_property
    def outbox(self) -> Outbox:
        """See the contract."""
        from portalctl.domain.outbox import Outbox

        return Outbox(self._office)

    @cached_property
    def mfa(self) -> SecondFactors:
        """See the contract."""
        from portalctl.domain.mfa import SecondFactors

        return SecondFactors(self._office)

    @cached_property
    def tokens(self) -> Tokens:
        """See the contract."""
        from portalctl.domain.tokens import Tokens

        return Tokens(self._office)

    @cached_property
    def notes(self) -> Notes:
        """See the contract."""
        from portalctl.domain.notes import Notes

        return Notes(self._office)

    @cached_property
    def relationships(self) -> Relationships:
        """See the contract."""
        from portalctl.domain.relationships import Relationships

        return Relationships(self._office)

    @cached_property
    def audit(self) -> Audits:
        """See the contract."""
        from portalctl.domain.audit import Audits

        return Audits(self._office)

    @cached_property
    def forms(self) -> Forms:
        """See the contract."""
        from portalctl.domain.forms import Forms

        return Forms(self._office)

    @cached_property
    def documents(self) -> Documents:
        """See the contract."""
        from portalctl.domain.documents import Documents

        return Documents(self._office)

    @cached_property
    def account(self) -> Accounts:
        """See the contract."""
        from portalctl.domain.account import Accounts

        return Accounts(self._office)

    @cached_property
    def uploads(self) -> Uploads:
        """See the contract."""
        from portalctl.domain.uploads import Uploads

        return Uploads(self._office)

    def append(self, request: AppendToUpload, body: Iterable[bytes]) -> Upload:
        """See the contract."""
        from portalctl.domain.uploads import append

        return append(self._office, request, body)

    def whom(self, reference: str) -> Whom:
        """See the contract."""
        from portalctl.domain.sharing import whom

        return whom(self._office, reference)

    def document_terms(self) -> DocumentTerms:
        """See the contract."""
        from portalctl.domain.sharing import document_terms

        return document_terms(self._office)

    def add_files(self, files: Iterable[tuple[FileToAdd, bytes]]) -> Iterator[FileAdded]:
        """See the contract."""
        from portalctl.domain.batches import add_files

        return add_files(self._office, files)

    def open_body(self, request: OpenBody) -> AbstractContextManager[Body]:
        """See the contract."""
        from portalctl.domain.bodies import open_body

        return open_body(self._office, request)

    @cached_property
    def payment_methods(self) -> PaymentMethods:
        """See the contract."""
        from portalctl.domain.payment_methods import PaymentMethods

        return PaymentMethods(self._office)
