"""A plan in a few words, before it is carried out: how many files for how many clients, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from portalctl.errors import PortalError, UploadIncomplete
from portalctl.models.batch_words import FileStatus, Planned
from portalctl.models.batches import PlannedFile
from portalctl.transfer.checking import Checked, Problem
from portalctl.transfer.items import Addressee, Item, Plan, Recipient
from portalctl.transfer.plain_files import Skipped, as_failure, looked_at, told_path, told_size
from portalctl.transfer.plan import GONE, Hidden

_REASONS = {
    Skipped.code: "no plain files",
    Hidden.code: "hidden",
    "document_too_large": "too long",
    "kind_not_taken": "of a kind that is not taken",
}


def summed_up(plan: Plan, pending: Sequence[Item], checked: Checked) -> str:
    """`2,000 files (20.0 MB) for 40 clients, 3 left out: 3 hidden.`"""
    refused = {problem.row for problem in checked.refused}
    files = [item for item in pending if item.row not in refused]
    told = f"{_count(len(files), 'file')} ({told_size(sum(item.signature.bytes for item in files))})"
    clients = {to.client_id for to in _addressees(files, checked.addressees) if to.client_id is not None}
    if clients:
        told += f" for {_count(len(clients), 'client')}"
    if there := len(plan.items) - len(pending):
        told += f", {there:,} sent before"
    reasons = Counter(problem.code for problem in checked.refused)
    reasons.update(each.code or "" for each in plan.skipped)
    if reasons:
        listed = ", ".join(f"{count:,} {_REASONS.get(code, 'not readable')}" for code, count in reasons.items())
        told += f", {reasons.total():,} left out: {listed}"
    return f"{told}."


def planned(plan: Plan, pending: Sequence[Item], checked: Checked) -> Iterator[PlannedFile]:
    """What would become of each file, in order."""
    refused = {problem.row: problem for problem in checked.refused}
    waiting = {item.row for item in pending}
    left_out = {each.row: each for each in plan.skipped}
    items = {item.row: item for item in plan.items}
    for row in sorted([*items, *left_out]):
        if row in items:
            yield _planned(items[row], refused.get(row), checked.addressees, is_pending=row in waiting)
        else:
            out = left_out[row]
            how = Planned.SKIP if out.status == FileStatus.SKIPPED else Planned.FAIL
            yield PlannedFile(row=row, path=out.path, plan=how, code=out.code, message=out.message)


def _planned(
    item: Item, problem: Problem | None, addressees: Mapping[Recipient, Addressee], *, is_pending: bool
) -> PlannedFile:
    purpose = item.purpose
    to = addressees.get(purpose.recipient) if purpose.recipient is not None else None
    code, message = (problem.code, problem.message) if problem else (None, None)
    if item.signature == GONE:
        code, message = _gone(item.path)
    return PlannedFile(
        row=item.row,
        path=told_path(item.path),
        plan=Planned.FAIL if code else Planned.SEND if is_pending else Planned.THERE,
        client_id=to.client_id if to else None,
        client=to.client if to else purpose.recipient.client if purpose.recipient else None,
        appointment_id=to.appointment_id if to else None,
        title=purpose.title,
        folder=purpose.folder,
        kind=purpose.kind,
        shared_at=purpose.shared_at,
        notify=purpose.notify,
        bytes=item.signature.bytes,
        code=code,
        message=message,
    )


def _gone(path: str) -> tuple[str, str]:
    """Why a file cannot be sent that could not be looked at."""
    try:
        looked_at(path)
    except OSError as error:
        failure = as_failure(path, error)
    except PortalError as skipped:
        failure = skipped
    else:
        failure = UploadIncomplete(f"{told_path(path)} has changed just now")
    return failure.code, failure.message


def _addressees(items: Sequence[Item], addressees: Mapping[Recipient, Addressee]) -> Iterator[Addressee]:
    for recipient in {item.purpose.recipient for item in items}:
        if recipient is not None and recipient in addressees:
            yield addressees[recipient]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
