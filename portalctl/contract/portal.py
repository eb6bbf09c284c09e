"""A portal: everything it can do, noun by noun, for one caller."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from portalctl.contract.operation import by_hand
from portalctl.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

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
    from portalctl.models.backups import BackupReport
    from portalctl.models.batch_words import FileAdded, FileToAdd
    from portalctl.models.outbox import Delivery
    from portalctl.models.sharing import DocumentTerms, Whom
    from portalctl.models.uploads import AppendToUpload, Body, OpenBody, Upload

NOUNS = (
    "practice",
    "sessions",
    "settings",
    "staff",
    "services",
    "hours",
    "policy",
    "invites",
    "clients",
    "slots",
    "appointments",
    "assignments",
    "conversations",
    "dashboard",
    "devices",
    "outbox",
    "mfa",
    "tokens",
    "uploads",
    "notes",
    "relationships",
    "forms",
    "audit",
    "documents",
    "account",
    "invoices",
    "payment_methods",
)
"""The attributes of a portal, each implementing the contract file of the same name."""


class Portal(ABC):
    """One caller's way to one practice. A backend makes it; each noun is built when first asked for."""

    url: str
    """The portal's address as a user writes it; session tokens are bound to it."""

    lacks: ClassVar[frozenset[str]] = frozenset()
    """The operations, such as `devices.start`, that a backend declares it cannot do: each raises Unsupported."""

    is_in_process: ClassVar[bool] = False
    """Whether the bytes it is given are the very ones that it hashes and stores: no connection lies between."""

    @property
    @abstractmethod
    def practice(self) -> Practices:
        """See the contract."""

    @property
    @abstractmethod
    def sessions(self) -> Sessions:
        """See the contract."""

    @property
    @abstractmethod
    def settings(self) -> OwnSettings:
        """See the contract."""

    @property
    @abstractmethod
    def staff(self) -> Staff:
        """See the contract."""

    @property
    @abstractmethod
    def services(self) -> Services:
        """See the contract."""

    @property
    @abstractmethod
    def hours(self) -> Hours:
        """See the contract."""

    @property
    @abstractmethod
    def policy(self) -> Policies:
        """See the contract."""

    @property
    @abstractmethod
    def invites(self) -> Invites:
        """See the contract."""

    @property
    @abstractmethod
    def invoices(self) -> Invoices:
        """See the contract."""

    @property
    @abstractmethod
    def clients(self) -> Clients:
        """See the contract."""

    @property
    @abstractmethod
    def slots(self) -> Slots:
        """See the contract."""

    @property
    @abstractmethod
    def appointments(self) -> Appointments:
        """See the contract."""

    @property
    @abstractmethod
    def assignments(self) -> Assignments:
        """See the contract."""

    @property
    @abstractmethod
    def conversations(self) -> Conversations:
        """See the contract."""

    @property
    @abstractmethod
    def dashboard(self) -> Dashboards:
        """See the contract."""

    @property
    @abstractmethod
    def devices(self) -> Devices:
        """See the contract."""

    @property
    @abstractmethod
    def outbox(self) -> Outbox:
        """See the contract."""

    @property
    @abstractmethod
    def notes(self) -> Notes:
        """See the contract."""

    @property
    @abstractmethod
    def relationships(self) -> Relationships:
        """See the contract."""

    @property
    @abstractmethod
    def audit(self) -> Audits:
        """See the contract."""

    @property
    @abstractmethod
    def forms(self) -> Forms:
        """See the contract."""

    @property
    @abstractmethod
    def documents(self) -> Documents:
        """See the contract."""

    @property
    @abstractmethod
    def account(self) -> Accounts:
        """See the contract."""

    @property
    @abstractmethod
    def uploads(self) -> Uploads:
        """See the contract."""

    @property
    @abstractmethod
    def mfa(self) -> SecondFactors:
        """See the contract."""

    @property
    @abstractmethod
    def tokens(self) -> Tokens:
        """See the contract."""

    @property
    @abstractmethod
    def payment_methods(self) -> PaymentMethods:
        """See the contract."""

    @abstractmethod
    def with_token(self, token: str | None) -> Portal:
        """The same portal for the caller of another session."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""

    def beside(self) -> Portal | None:
        """The same for a child that this process is about to fork, which lets go of everything for that.

        None where the work is done elsewhere, and another process would gain nothing.
        """
        return None

    def whom(self, reference: str) -> Whom:
        """The client that a reference means, as `clients.show` has it. Raises NotFound, AmbiguousId."""
        from portalctl.models.clients import ClientReference
        from portalctl.models.sharing import Whom

        found = self.clients.show(ClientReference(client=reference))
        return Whom(found.id, found.name)

    def document_terms(self) -> DocumentTerms:
        """What the practice takes of documents, as `policy.show` has it."""
        from portalctl.models.policy import PolicyQuery
        from portalctl.models.sharing import DocumentTerms

        found = self.policy.show(PolicyQuery())
        return DocumentTerms(*(getattr(found, name) for name in DocumentTerms._fields))

    @by_hand("practice")
    def backup(self, file: Path) -> BackupReport:  # noqa: ARG002  a portal that is a local file uses it
        """Copy the live portal to one new file and prove the copy. The portal's key is not in it.

        Raises InvalidInput for a file that exists, Unsupported where the portal is not a local file.
        """
        raise Unsupported(
            "this portal cannot be backed up from here", "run the backup on the machine that holds the portal"
        )

    @by_hand("outbox")
    def send(self, relay: str, user: str | None = None, password: str | None = None) -> Delivery:  # noqa: ARG002  a portal that is a local file uses them
        """Send the mail that is due through an SMTP relay, `smtp://host:port`, signing in there where told how.

        Raises InvalidInput for another URL or one that holds a password, NetworkFailure where the relay does not
        answer, Unsupported where the portal sends its mail by itself.
        """
        raise Unsupported("this portal sends its mail by itself", "see it with: portalctl practice outbox list")

    @by_hand("uploads")
    def append(self, request: AppendToUpload, body: Iterable[bytes]) -> Upload:  # noqa: ARG002  a portal with documents uses them
        """Send the bytes of an upload from an offset on. What has arrived stays, also when the sender breaks off.

        Raises NotFound, UploadOffsetWrong, DocumentTooLarge for more bytes than were announced.
        """
        raise Unsupported("this portal keeps no documents")

    @by_hand("documents")
    def add_files(self, files: Iterable[tuple[FileToAdd, bytes]]) -> Iterator[FileAdded]:  # noqa: ARG002  likewise
        """Make documents of small files that travel together: `BATCH_FILES` and `BATCH_BYTES` at the most.

        What became of each is told once all that were taken are safe; a refusal costs one file, not the others. A file
        whose content stands with that client already, by the same side and under the same name and title, is not added
        twice: harmless to repeat.

        Raises DamagedOnTheWay where what arrived is not what was sent: then nothing was added.
        """
        raise Unsupported("this portal keeps no documents")

    @by_hand("documents")
    def open_body(self, request: OpenBody) -> AbstractContextManager[Body]:  # noqa: ARG002  likewise
        """Read a document: a file's bytes, a note as Markdown, a form as JSON. It is on record who opened it.

        Raises NotFound, AmbiguousId. A file that no scanner has passed is Quarantined. Reading ends in NetworkFailure
        where the rest does not come, and in BodyDamaged, before the last byte, where the body is not what was stored;
        whoever has all of it compares its hash.
        """
        raise Unsupported("this portal keeps no documents")
