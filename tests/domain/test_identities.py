"""Who is meant by many references at once: found together, and never more told than whether what was said is true."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.portal import Portal
from portalctl.models.clients import ClientQuestion, IdentifyClients
from portalctl.models.invites import InviteClient
from tests.domain.conftest import ANNA_EMAIL, BEN_EMAIL, query


@pytest.fixture
def anna(client: EmbeddedPortal) -> str:
    """Anna's id."""
    return client.sessions.who_am_i().client_id or ""


@pytest.fixture
def ben(other_client: EmbeddedPortal) -> str:
    """Ben's id."""
    return other_client.sessions.who_am_i().client_id or ""


def identified(portal: Portal, questions: Sequence[ClientQuestion]) -> list[tuple[str | None, list[str]]]:
    """Whom each question means, and the codes of what is wrong with it."""
    told = portal.clients.identify(IdentifyClients(questions=list(questions)))
    return [(each.client_id, [problem.code for problem in each.problems]) for each in told]


def test_names_are_compared_without_what_people_write_differently(owner: EmbeddedPortal, anna: str) -> None:
    """Case, spaces, and how an accent is put together; nothing else."""
    spellings = {"ANNA bianchi": True, " Anna  Bianchi ": True, "Anna\u2003Bianchi": True, "Anna Bianchì": False}
    spellings |= {"Anna": False, "Bianchi Anna": False, "": False}
    told = identified(owner, [ClientQuestion(client=ANNA_EMAIL, name=name) for name in spellings])
    assert told == [(anna, []) if fits else (None, ["identity_mismatch"]) for fits in spellings.values()]


def test_a_composed_and_a_decomposed_name_are_the_same(owner: EmbeddedPortal) -> None:
    """As they come from two systems."""
    made = owner.invites.create(InviteClient(email="zoe@example.com", name="Zoe\u0308 O\u0301 Neill")).person_id
    assert identified(owner, [ClientQuestion(client=made, name="ZO\u00cb \u00d3 neill")]) == [(made, [])]


def test_whoever_guesses_a_second_identifier_learns_nothing_of_the_true_one(owner: EmbeddedPortal, anna: str) -> None:
    """Neither the name nor whether a date of birth is known."""
    (told,) = owner.clients.identify(
        IdentifyClients(
            questions=[ClientQuestion.model_validate({"client": anna, "name": "X", "birth_date": "1985-04-12"})]
        )
    )
    assert [problem.column for problem in told.problems] == ["name", "birth_date"]
    assert "Bianchi" not in told.model_dump_json()


def test_a_thousand_questions_are_a_few_queries(owner: EmbeddedPortal, anna: str, ben: str) -> None:
    """Whole ids and addresses are found together."""
    questions = [ClientQuestion(client=(anna, BEN_EMAIL)[number % 2]) for number in range(1000)]
    started = time.process_time()
    told = identified(owner, questions)
    assert time.process_time() - started < 2.0
    assert told == 500 * [(anna, []), (ben, [])]


def test_who_was_found_has_it_on_record_once(owner: EmbeddedPortal, anna: str, portal_file: Path) -> None:
    """Also where what was said of them is not true."""
    identified(owner, [ClientQuestion(client=anna, name="X"), ClientQuestion(client=ANNA_EMAIL)])
    rows = query(portal_file, "SELECT chain, subject FROM audit WHERE action = 'clients.identify'")
    assert rows == [{"chain": anna, "subject": anna}]
