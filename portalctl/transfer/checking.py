"""What a portal says of a plan before anything is sent: whom each recipient means, and which files it would not take.

All that is wrong is found before any of it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from portalctl import errors
from portalctl.contract import kinds
from portalctl.models.batch_words import FileKind
from portalctl.models.texts import LONGEST_TEXT
from portalctl.transfer.items import Addressee, Item, Recipient
from portalctl.transfer.plain_files import told_name, told_path

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal
    from portalctl.models.clients import IdentifiedClient
    from portalctl.models.sharing import DocumentTerms

QUESTIONS = 1000
"""Recipients that a portal is asked about at once."""


class Problem(NamedTuple):
    """What is wrong with a file that is to be sent: where it was written, the stable word for it, and a sentence."""

    row: int
    column: str
    code: str
    message: str
    hint: str | None = None


class Checked(NamedTuple):
    """What a portal says of a plan: who everybody is, and which files it would not take."""

    addressees: Mapping[Recipient, Addressee]
    refused: Sequence[Problem] = ()


class ManifestNotValid(errors.UsageFailure):
    """A manifest, or a folder of clients, with which nothing is sent; `problems` says where and why."""

    code = "manifest_not_valid"
    status = 422


def check_rows(
    portal: Portal, items: Sequence[Item], problems: Sequence[Problem], others: Sequence[tuple[int, Recipient]]
) -> Checked:
    """Check the rows of a manifest, in which `problems` were found already. Raises ManifestNotValid with all there are.

    `others` are the recipients, by row, of files that are not among the items since something is wrong with them.
    """
    named = ((item.row, item.purpose.recipient) for item in items)
    rows = [*((row, recipient) for row, recipient in named if recipient is not None), *others]
    addressees, wrong = _identified(portal, list(dict.fromkeys(recipient for _, recipient in rows)))
    found = [
        *problems,
        *_of_files(portal, items),
        *(Problem(row, *problem) for row, recipient in rows for problem in wrong.get(recipient, ())),
        *_of_repeats(items, addressees),
    ]
    if found:
        told = [f"row {each.row}, {each.column}: {each.message}" for each in sorted(found, key=lambda each: each.row)]
        raise ManifestNotValid(_counted(told, "thing is", "things are"), "mend the manifest", problems=told)
    return Checked(addressees)


def check_folders(portal: Portal, items: Sequence[Item]) -> Checked:
    """Check the folders of clients. Raises ManifestNotValid with all those that are nobody's."""
    recipients = dict.fromkeys(item.purpose.recipient for item in items if item.purpose.recipient is not None)
    addressees, wrong = _identified(portal, list(recipients))
    if wrong:
        told = [f"{each.client}: {message}" for each, problems in wrong.items() for *_, message in problems]
        raise ManifestNotValid(
            _counted(told, "folder is", "folders are"), "name it by the client's id or e-mail address", problems=told
        )
    return Checked(addressees, list(_of_files(portal, items)))


def check_again(portal: Portal, items: Sequence[Item]) -> Checked:
    """Check files that failed before: each of which something is wrong is refused by itself."""
    named = [(item.row, item.purpose.recipient) for item in items if item.purpose.recipient is not None]
    addressees, wrong = _identified(portal, list(dict.fromkeys(recipient for _, recipient in named)))
    of_clients = [Problem(row, *wrong[recipient][0]) for row, recipient in named if recipient in wrong]
    return Checked(addressees, [*of_clients, *_of_files(portal, items)])


def check_files(portal: Portal, items: Sequence[Item], recipient: Recipient | None) -> Checked:
    """Check files that are all for one. Raises NotFound, AmbiguousId, NotPermitted where that is nobody."""
    addressees = {} if recipient is None else {recipient: only(portal, recipient)}
    return Checked(addressees, list(_of_files(portal, items)) if len(items) > 1 else ())


def _counted(told: Sequence[str], one: str, several: str) -> str:
    return f"{len(told):,} {one if len(told) == 1 else several} wrong, and nothing was sent"


def only(portal: Portal, recipient: Recipient) -> Addressee:
    """The one whom a whole run is for, by id, e-mail address or name. Raises NotFound, AmbiguousId, NotPermitted."""
    client = portal.whom(recipient.client) if recipient.client is not None else None
    if recipient.appointment is None:
        return Addressee(client.id if client else None, client.name if client else None)
    from portalctl.models.appointments import AppointmentReference

    appointment = portal.appointments.show(AppointmentReference(id=recipient.appointment))
    if client is not None and appointment.client_id != client.id:
        raise errors.NotFound(
            f"there is no appointment {recipient.appointment!r} of this client",
            "see what there is in the list of appointments",
        )
    if client is not None or portal.sessions.who_am_i().staff_id is not None:
        return Addressee(appointment.client_id, appointment.client, appointment.id)
    return Addressee(appointment_id=appointment.id)


_Wrong = tuple[str, str, str]
"""Column, code and message."""


def _identified(
    portal: Portal, recipients: Sequence[Recipient]
) -> tuple[dict[Recipient, Addressee], dict[Recipient, list[_Wrong]]]:
    """Who each recipient is, and what is wrong with those who are nobody."""
    known: dict[Recipient, Addressee] = {}
    wrong: dict[Recipient, list[_Wrong]] = {}
    for own in [each for each in recipients if each.client is None]:
        try:
            known[own] = only(portal, own)
        except (errors.NotFound, errors.UsageFailure) as problem:
            wrong[own] = [("appointment", problem.code, problem.message)]
    clients = [each for each in recipients if each.client is not None]
    for recipient, found in zip(clients, _answers(portal, clients), strict=True):
        if found.problems or found.client_id is None:
            wrong[recipient] = [(each.column, each.code, each.message) for each in found.problems]
        else:
            known[recipient] = Addressee(found.client_id, found.client, found.appointment_id)
    return known, wrong


def _answers(portal: Portal, clients: Sequence[Recipient]) -> Iterator[IdentifiedClient]:
    from portalctl.models.clients import ClientQuestion, IdentifyClients

    for start in range(0, len(clients), QUESTIONS):
        questions = [ClientQuestion(**each._asdict()) for each in clients[start : start + QUESTIONS]]
        yield from portal.clients.identify(IdentifyClients(questions=questions))


def _of_files(portal: Portal, items: Sequence[Item]) -> Iterator[Problem]:
    """Files that are too long, or of a kind that is not taken, as their names tell."""
    if items:
        yield from _not_taken(items, portal.document_terms())


def _not_taken(items: Sequence[Item], terms: DocumentTerms) -> Iterator[Problem]:
    known: dict[str, errors.KindNotTaken | None] = {}
    for item in items:
        count, path = item.signature.bytes, item.path
        if item.purpose.kind is FileKind.NOTE:
            if count > LONGEST_TEXT:
                yield _of_file(item, errors.DocumentTooLarge(f"a note has at most {LONGEST_TEXT:,} bytes of text"))
            continue
        if count > terms.document_max_bytes:
            try:
                kinds.check_size(count, terms)
            except errors.DocumentTooLarge as refused:
                yield _of_file(item, refused)
        ending = path[path.rfind(".") :]
        if ending in known:
            refusal = known[ending]
        else:
            name = told_name(path)
            refusal = _refusal(name, terms)
            if kinds.kind_of_name(name) is not None:
                known[ending] = refusal
        if refusal is not None:
            yield _of_file(item, refusal)


def _refusal(name: str, terms: DocumentTerms) -> errors.KindNotTaken | None:
    try:
        kinds.check_name(name, terms)
    except errors.KindNotTaken as refused:
        return refused
    return None


def _of_file(item: Item, refused: errors.PortalError) -> Problem:
    return Problem(item.row, "path", refused.code, f"{told_path(item.path)}: {refused.message}", refused.hint)


def _of_repeats(items: Sequence[Item], addressees: Mapping[Recipient, Addressee]) -> Iterator[Problem]:
    """Files that would go to one client twice, be it that the client is named in two ways."""
    first_of: dict[int, int] = {}
    for item in items:
        addressee = addressees.get(item.purpose.recipient) if item.purpose.recipient is not None else None
        if addressee is None:
            continue
        row = first_of.setdefault(hash((item.path, addressee.client_id)), item.row)
        if row != item.row:
            message = f"{told_path(item.path)} is for the same client in row {row} already"
            yield Problem(item.row, "path", "repeated", message)
