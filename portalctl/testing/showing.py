"""How a test of the suite says what it shows; saying so is checked when it runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import pytest

from portalctl.errors import PortalError
from portalctl.testing.promises import Promise
from portalctl.testing.watching import Lacking

Test = TypeVar("Test", bound=Callable[..., Any])


def shows(operation: str, *failures: type[PortalError], certain: bool = True) -> Callable[[Test], Test]:
    """Declare that a test shows an operation to be carried out, or to raise these failures.

    The test takes the fixture `studio`, and fails unless it saw what it says it shows. Where the backend lacks the
    operation, the operation is asked to raise Unsupported instead. Not `certain`: that two callers meet in the middle
    of an operation can be tried, not made to happen.
    """

    def declare(test: Test) -> Test:
        test = test if hasattr(test, "__shows__") else _checked(test)
        claims: list[Promise] = test.__shows__  # type: ignore[attr-defined]  # a mark of ours
        promises = [Promise(operation, failure) for failure in failures] or [Promise(operation, None)]
        claims += promises
        if certain:
            test.__sees__.extend(promises)  # type: ignore[attr-defined]  # likewise
        return test

    return declare


def _checked(test: Test) -> Test:
    claims: list[Promise] = []
    seen: list[Promise] = []

    @wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        studio = fixtures["studio"]
        lacking = sorted({claim.operation for claim in claims} & studio.lacks)
        for operation in lacking:
            studio.refuses(operation)
        if lacking:
            return
        studio.heard.clear()
        try:
            test(*arguments, **fixtures)
        except Lacking as lack:
            pytest.skip(f"needs {lack}, which this backend declares that it lacks")
        missed = [str(promise) for promise in seen if promise not in studio.heard]
        assert not missed, f"the test says it shows what it did not see: {', '.join(missed)}"

    run.__shows__ = claims  # type: ignore[attr-defined]  # a mark of ours
    run.__sees__ = seen  # type: ignore[attr-defined]  # likewise
    return run  # type: ignore[return-value]  # the same signature
