"""The page that describes the server is valid, whole, and what the server keeps to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from openapi_spec_validator import validate
from schemathesis import Case, HookContext
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.openapi import from_dict

from portalctl import errors
from portalctl.contract.binding import every_operation
from portalctl.contract.framing import MEDIA_TYPE
from portalctl.server.describe import may_raise, openapi
from portalctl.server.describe_streams import streamed
from portalctl.server.tus import BYTES
from tests.server.conftest import Served

for kind in (BYTES, MEDIA_TYPE):
    schemathesis.serializer.alias(kind, "application/octet-stream")

PAGE = openapi("https://portal.example.com")


def test_the_page_is_openapi_3_1() -> None:
    validate(PAGE)
    assert PAGE["openapi"] == "3.1.0"


def test_the_server_shows_it_to_everybody(shared: Served) -> None:
    answer = shared.ask("GET", "/openapi.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.json() == openapi(shared.serving.url)


def test_every_operation_is_described_once() -> None:
    described = {each["operationId"]: each for path in PAGE["paths"].values() for each in path.values()}
    assert described.keys() == every_operation().keys() | streamed().keys()


@pytest.mark.parametrize("key", [*every_operation(), *streamed()])
def test_an_operation_lists_each_failure_that_the_contract_promises(key: str) -> None:
    one = (every_operation() | streamed())[key]
    (described,) = (each for path in PAGE["paths"].values() for each in path.values() if each["operationId"] == key)
    listed = set()
    for answer in described["responses"].values():
        if "$ref" in answer:
            listed |= set(answer["$ref"].rpartition("/")[2].split(".")[1:])
    assert listed == {failure.code for failure in may_raise(one)}


def test_what_another_operation_raises_is_listed_by_name() -> None:
    moved = may_raise(every_operation()["appointments.reschedule"])
    assert {errors.SlotTaken, errors.RescheduleWindowPassed, errors.IdempotencyRunning} <= set(moved)


ACCEPTED = ["2xx", 400, 401, 403, 404, 409, 412, 413, 415, 416, 422, 429, 460]
"""What may become of a request that fits the page: a rule of the practice, or one that JSON Schema cannot say."""

REJECTED = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429]
"""What becomes of a request that does not fit: 412 is the answer of tus to what is of another version."""

PHASES = ("examples", "coverage", "fuzzing", "stateful")

ENDING = ["sessions.sign_out", "sessions.revoke"]
"""What may end the session that asks: all that came after would be refused alike."""


@pytest.mark.parametrize(
    ("role", "phases"), [("owner", ("coverage",)), ("client", ("examples", "fuzzing"))], ids=["owner", "client"]
)
def test_no_request_gets_an_answer_that_is_not_described(served: Served, role: str, phases: tuple[str, ...]) -> None:
    """All checks of schemathesis, on every operation but those that would end the session of all the others."""
    assert _found(_schema(served, role, phases).exclude(operation_id=ENDING)) == []


@pytest.mark.parametrize("key", ENDING)
def test_what_ends_a_session_keeps_to_its_description_too(served: Served, key: str) -> None:
    assert _found(_schema(served, "client", ("coverage",)).include(operation_id=key)) == []


def _schema(served: Served, role: str, phases: tuple[str, ...]) -> Any:
    config = SchemathesisConfig.from_dict(
        {
            "seed": 2026,
            "headers": {"Authorization": f"Bearer {served.house.tokens[role]}"},
            "generation": {"max-examples": 1, "deterministic": True, "database": "none", "no-shrink": True},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ACCEPTED},
                "negative_data_rejection": {"expected-statuses": REJECTED},
            },
            "phases": {
                **{name: {"enabled": name in phases} for name in PHASES},
                "coverage": {"enabled": "coverage" in phases, "unexpected-methods": ["TRACE"]},
                "fuzzing": {"enabled": "fuzzing" in phases, "generation": {"mode": "positive"}},
            },
        }
    )
    schema = from_dict(openapi(served.serving.url), config=config)
    schema.config.base_url = served.serving.url
    if "coverage" in phases:
        schema.hook(_spare())
    return schema


def _spare() -> Callable[[HookContext, Case[Any]], bool]:
    """Keep the first twenty requests to an operation that fit the page, and one in eight of all the thousands."""
    turns: Counter[tuple[str, bool]] = Counter()

    def filter_case(_: HookContext, case: Case[Any]) -> bool:
        fits = case.meta is None or case.meta.generation.mode.is_positive
        turns[case.operation.label, fits] += 1
        turn = turns[case.operation.label, fits]
        return turn % 8 == 1 or (fits and turn <= 20)

    return filter_case


def _found(schema: Any) -> list[object]:
    """What the checks found, after asking something of every operation."""
    found: list[object] = []
    asked: Counter[str] = Counter()
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError | FatalError):
            found.append(event)
        if isinstance(event, ScenarioFinished):
            asked[event.recorder.label] += len(event.recorder.interactions)
            for checks in event.recorder.checks.values():
                found += [
                    (event.recorder.label, each.name, each.failure_info.failure.message, each.failure_info.code_sample)
                    for each in checks
                    if each.failure_info is not None
                ]
    assert asked
    assert [operation for operation, times in asked.items() if not times] == []
    return found
