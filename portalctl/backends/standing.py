"""Whether documents still stand on a portal server: one question, asked without loading what others are asked with.

The models take as long to load as all the rest of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from portalctl.backends.addresses import read_address
from portalctl.backends.exchange import Line, Patience
from portalctl.backends.tls import Trust
from portalctl.clock import Clock

ASKED = ("POST", "/documents/known")
"""How the contract's `documents.known` travels."""

_LONGEST_WAIT = 5.0
"""Seconds; whoever goes on to ask with patience waits anew."""


def do_all_stand(
    url: str, token: str | None, clock: Clock, ca_file: str | None, client_id: str | None, hashes: Mapping[str, str]
) -> bool:
    """Whether these documents, by their ids and SHA-256, are in a client's documentation, or in one's own.

    Where the server says anything else, they are not. Raises as `Line.exchange` does, ValueError for no JSON.
    """
    address = read_address(url)
    trust = Trust(ca_file, clock, is_used=address.scheme == "https")
    line = Line(address, token, trust, Patience(), lambda _: None)
    try:
        body = json.dumps({"client": client_id, "sha256": sorted(set(hashes.values()))}).encode()
        answer = line.exchange(*ASKED, [], {}, body, _LONGEST_WAIT)
    finally:
        line.close()
    return answer.status == 200 and set(hashes) <= _ids(json.loads(answer.body))


def _ids(told: object) -> set[str]:
    found = told if isinstance(told, list) else []
    return {str(each.get("document_id")) for each in found if isinstance(each, dict)}
