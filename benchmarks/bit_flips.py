"""Whether a bit that changes on the way is ever taken for what was sent.

    python -m benchmarks.bit_flips [--transfers 1000]

A proxy before a real server flips one bit, anywhere, in the body of each transfer: in turns of a batch of small files,
of a part of a large one, and of a document on its way back. Each has to be refused: a batch and a part by the server,
which keeps nothing of them, and a document by the client. Exits with 1 when one was not.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.bulk_files import pdf
from benchmarks.bulk_portals import on_a_server
from benchmarks.flipping_proxy import flipping_proxy
from portalctl import errors
from portalctl.backends.registry import open_portal
from portalctl.clock import system_clock
from portalctl.models.batch_words import FileToAdd
from portalctl.models.documents import DocumentReference
from portalctl.models.uploads import AppendToUpload, StartUpload, UploadReference
from portalctl.transfer.fetching import pour
from portalctl.transfer.progress import Progress

TOGETHER = 20
"""Files of a batch."""

LENGTH = 10_000
LARGE_LENGTH = 300_000
NOTHING = "nothing"


def main() -> int:
    """Flip, and count."""
    parser = argparse.ArgumentParser(description="Flip bits on the way, and count what is refused.")
    parser.add_argument("--transfers", type=int, default=1_000)
    transfers = parser.parse_args().transfers
    chance = random.SystemRandom()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="flips-") as name, on_a_server(Path(name)) as ground:
        assert ground.server is not None
        port = ground.server.port
        plain = open_portal(ground.server.url, ground.token, system_clock, _unheard)
        added = list(plain.add_files(_batch(ground.clients[0], chance)))
        document = plain.documents.show(DocumentReference(id=added[0].document_id or ""))
        before = ground.stored()
        with flipping_proxy(
            port,
            lambda line: line.startswith(("POST /documents/batch", "PATCH /uploads/")),
            lambda line: line.startswith("GET /documents/") and "/body" in line,
            chance,
        ) as proxy:
            portal = open_portal(proxy.url, ground.token, system_clock, _unheard)
            upload = portal.uploads.start(StartUpload(name="large.pdf", bytes=LARGE_LENGTH)).id
            ways = (
                lambda: list(portal.add_files(_batch(ground.clients[0], chance))),
                lambda: portal.append(AppendToUpload(id=upload, offset=0), [pdf(chance, LARGE_LENGTH)]),
                lambda: pour(portal, document, io.BytesIO(), Progress(None)),
            )
            heard = Counter(_heard(ways[number % len(ways)]) for number in range(transfers))
            flips, answers = proxy.flips, Counter(proxy.answers)
        arrived = plain.uploads.show(UploadReference(id=upload)).offset
        kept = ground.stored() - before
    print(f"{flips:,} bits flipped in {transfers:,} transfers, {time.perf_counter() - begin:.0f} s")
    print(f"the client heard: {dict(heard)}; the server answered damaged requests with: {dict(answers)}")
    print(f"taken nonetheless: {heard[NOTHING]} transfers, {kept} documents, {arrived} bytes of an upload")
    return 1 if flips != transfers or heard[NOTHING] or kept or arrived or any(each < 400 for each in answers) else 0


def _batch(client_id: str, chance: random.Random) -> Iterator[tuple[FileToAdd, bytes]]:
    for row in range(TOGETHER):
        body = pdf(chance, LENGTH)
        digest = hashlib.sha256(body).hexdigest()
        yield FileToAdd(row=row, name=f"{digest[:8]}.pdf", bytes=len(body), sha256=digest, client_id=client_id), body


def _heard(way: Callable[[], object]) -> str:
    """What the client was told of a transfer: an error's code, or nothing."""
    try:
        way()
    except errors.PortalError as error:
        return error.code
    return NOTHING


def _unheard(text: str) -> None:
    """Notes for people are of no use here."""


if __name__ == "__main__":
    sys.exit(main())
