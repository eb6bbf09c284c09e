"""Small files on their way to a portal server, many in one request."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter, ValidationError

from portalctl.backends.addresses import Address
from portalctl.backends.answers import read_answer, stranger
from portalctl.backends.exchange import Answer, Line, in_pieces, joined
from portalctl.backends.trouble import Trouble
from portalctl.clock import Clock
from portalctl.contract.binding import Bound, Wire
from portalctl.contract.framing import MEDIA_TYPE, RESULTS_TYPE, framed
from portalctl.contract.operation import Operation
from portalctl.contract.portal import Portal
from portalctl.models.batch_words import FileAdded, FileToAdd
from portalctl.models.batches import AddedFile

_ADD = Bound(Operation("documents", "add_files", "POST", "/documents/batch"), None, AddedFile, Portal.add_files)

_READER = TypeAdapter(AddedFile)


def add_files(
    line: Line, address: Address, clock: Clock, files: Iterable[tuple[FileToAdd, bytes]]
) -> Iterator[FileAdded]:
    """Send files in one request. Raises what the contract promises, Trouble where the connection breaks."""
    hashed = [(_with_hash(file, body), body) for file, body in files]
    content = list(framed(hashed))
    headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(sum(map(len, content)))}
    answer = line.send(Wire("POST", "/documents/batch", [], headers, None), in_pieces(joined(content)))
    if answer.status != 200:
        read_answer(_ADD, answer, address, clock())
        raise stranger(answer, address)
    told = _read(answer, address)
    sent = {file.row: file.sha256 for file, _ in hashed}
    if any(sent.get(each.row) != each.sha256 for each in told):
        raise stranger(answer, address)
    return iter(told)


def _with_hash(file: FileToAdd, body: bytes) -> FileToAdd:
    return file if file.sha256 is not None else file._replace(sha256=hashlib.sha256(body).hexdigest())


def _read(answer: Answer, address: Address) -> list[FileAdded]:
    """What became of each. Raises Trouble where the answer is not what was sent."""
    if answer.headers.get("content-type", "").partition(";")[0].strip().lower() != RESULTS_TYPE:
        raise stranger(answer, address)
    digest = base64.b64encode(hashlib.sha256(answer.body).digest()).decode()
    if answer.headers.get("content-digest") != f"sha-256=:{digest}:":
        raise Trouble(f"what {address.place} answered did not arrive as it was sent", "try again", was_sent=True)
    try:
        return [FileAdded(**vars(_READER.validate_json(line))) for line in answer.body.splitlines()]
    except ValidationError:
        raise stranger(answer, address) from None
