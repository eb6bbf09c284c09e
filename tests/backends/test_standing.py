"""Asking whether documents stand: only an answer that names each of them says so."""

from __future__ import annotations

import json

import pytest

from portalctl import errors
from portalctl.backends.standing import ASKED, do_all_stand
from portalctl.clock import system_clock
from portalctl.contract.binding import bound
from tests.backends.hostile import A_TOKEN, Behaviour, hostile, problem, record, reply, reset

DOCUMENTS = {"doc_1": "a" * 64, "doc_2": "b" * 64, "doc_3": "a" * 64}


def known(*ids: str) -> list[dict[str, str]]:
    """What a portal answers of documents that stand."""
    return [{"sha256": DOCUMENTS[each], "document_id": each, "name": "x.txt", "title": "x.txt"} for each in ids]


def stand(answer: Behaviour) -> bool:
    """Whether they stand, by this answer."""
    with hostile(answer) as server:
        return do_all_stand(server.url, A_TOKEN, system_clock, None, "cli_1", DOCUMENTS)


def test_it_is_asked_as_the_contract_asks() -> None:
    one = bound("documents")["known"]
    assert (one.operation.method, one.operation.path) == ASKED
    with hostile(record(known(*DOCUMENTS))) as server:
        assert do_all_stand(server.url, A_TOKEN, system_clock, None, "cli_1", DOCUMENTS)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /documents/known HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer a-token\r\n" in head + b"\r\n"
    assert one.request is not None
    assert json.loads(body) == {"client": "cli_1", "sha256": ["a" * 64, "b" * 64]}
    one.request.model_validate_json(body)


@pytest.mark.parametrize(
    ("found", "all_stand"),
    [
        (known(*DOCUMENTS), True),
        ([*known(*DOCUMENTS), {"document_id": "doc_4", "sha256": "a" * 64}], True),
        (known("doc_1", "doc_2"), False),
        ([], False),
        ({"items": known(*DOCUMENTS)}, False),
        (list(DOCUMENTS), False),
        (None, False),
        ([None, 1, {"document_id": None}], False),
    ],
)
def test_all_stand_where_each_is_named(found: object, all_stand: bool) -> None:
    assert stand(record(found)) is all_stand


@pytest.mark.parametrize(
    "answer",
    [
        problem("sign_in_needed", 401),
        problem("not_found", 404),
        reply("<html>", 502, "text/html"),
        reply("", 307, Location="https://evil.example.com"),
        record(known(*DOCUMENTS), 206),
    ],
)
def test_any_other_answer_says_nothing(answer: bytes) -> None:
    assert stand(answer) is False


@pytest.mark.parametrize("answer", [reply("<html>", 200, "text/html"), reply("[" * 100_000), reset])
def test_what_is_no_answer_is_an_error(answer: Behaviour) -> None:
    """Whoever asks takes that for no answer."""
    with pytest.raises((ValueError, RecursionError, errors.PortalError)):
        stand(answer)
