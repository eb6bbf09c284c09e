"""Nothing of the contract is forgotten by the suite, and the suite shows nothing that is not promised."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract.binding import every_operation
from portalctl.domain.access import ACCESS, PUBLIC, Reach
from portalctl.models.role import Role
from portalctl.testing import suite
from portalctl.testing.promises import EVERYWHERE, Promise, promised, shown_in
from portalctl.testing.samples import BY_HAND, SAMPLES, arguments


def test_every_operation_and_every_failure_of_the_contract_is_shown_by_a_test() -> None:
    shown = {promise for _, promise in shown_in(suite)}
    assert sorted(str(promise) for promise in promised() - shown) == []


def test_the_suite_shows_nothing_that_the_contract_does_not_promise() -> None:
    strange = [
        f"{test}: {promise}"
        for test, promise in shown_in(suite)
        if promise not in promised() and promise.failure not in EVERYWHERE
    ]
    assert strange == []


def test_the_walk_reads_the_contract() -> None:
    """Names in a docstring become promises, those of another operation too."""
    assert Promise("appointments.book", errors.SlotTaken) in promised()
    assert Promise("appointments.reschedule", errors.DailyLimitReached) in promised(), "what `book` raises"
    assert Promise("practice.backup", None) in promised(), "also what does not travel"
    assert Promise("devices.start", errors.Unsupported) not in promised(), "that is for `lacks`"


def test_every_test_of_the_suite_says_what_it_shows() -> None:
    said = {test for test, _ in shown_in(suite)}
    tests = {
        test.__qualname__
        for owner in (getattr(suite, name) for name in suite.__all__ if name.startswith("Test"))
        for name, test in vars(owner).items()
        if name.startswith("test_") and owner is not suite.TestCallers
    }
    assert tests - said == set()


def test_every_class_of_tests_is_in_the_suite() -> None:
    """A backend that imports the suite has all of it."""
    from importlib import import_module
    from pkgutil import iter_modules

    from portalctl import testing

    modules = [import_module(f"{testing.__name__}.{module.name}") for module in iter_modules(testing.__path__)]
    classes = {name for module in modules for name in vars(module) if name.startswith("Test") and name != "Test"}
    assert classes == {name for name in suite.__all__ if name.startswith("Test")}


def test_there_is_a_request_of_every_operation_and_it_knows_who_may_not_make_it() -> None:
    """The suite knows no rules of ours; these are the ones that it asks about."""
    assert SAMPLES.keys() == every_operation().keys()
    assert BY_HAND.keys() == ACCESS.keys() - SAMPLES.keys()
    assert {key for key, sample in SAMPLES.items() if sample.public} == PUBLIC
    for key, sample in SAMPLES.items():
        assert len(arguments(key)) == (every_operation()[key].request is not None)
        if not sample.public:
            barred = {role.value for role in Role if ACCESS[key].of(role) is Reach.NOTHING} - {"related"}
            assert sample.barred in barred or (sample.barred == "nobody" and not barred), key
