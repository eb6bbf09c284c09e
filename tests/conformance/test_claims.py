"""What a test of the suite says it shows is checked, and so is what a backend says it lacks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portalctl import errors
from portalctl.contract.partial import EVERYTHING, PartialPortal
from portalctl.contract.portal import Portal
from portalctl.models.policy import PolicyQuery
from portalctl.models.services import ListServices
from portalctl.models.sessions import SignIn
from portalctl.testing import UnderTest
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


class Honest(PartialPortal):
    """Lacks everything."""

    url = "honest://"

    def with_token(self, token: str | None) -> Portal:  # noqa: ARG002  nobody signs in
        return self

    def close(self) -> None:
        """Nothing is open."""


class Boastful(Honest):
    """Says that it can do all."""

    lacks = frozenset()


class Modest(Honest):
    """Says that it cannot list services, and does."""

    class services:  # noqa: N801  the noun
        """One that answers."""

        @staticmethod
        def list(_: ListServices) -> list[object]:
            return []


class Moody(Boastful):
    """Fails in a way that no contract names."""

    class services:  # noqa: N801  the noun
        """One that fails."""

        @staticmethod
        def list(_: ListServices) -> None:
            raise errors.SlotTaken("not today")


class Answering(Modest):
    """Says that it can list services, and does."""

    lacks = EVERYTHING - {"services.list"}


def on(portal: Portal) -> Studio:
    """The suite's practice on that portal."""

    @contextmanager
    def opened() -> Iterator[UnderTest]:
        yield UnderTest(portal.with_token, tokens={"owner": None, "client": None})

    with opened() as backend:
        return Studio(opened, backend)


@shows("services.list")
def listing(studio: Studio) -> None:
    studio.owner.services.list(ListServices())


@shows("services.list")
def nothing(studio: Studio) -> None:
    assert studio.owner.url


@shows("services.list", errors.NotFound)
def failing(studio: Studio) -> None:
    studio.owner.services.list(ListServices())


@shows("services.list")
def needing_another(studio: Studio) -> None:
    studio.owner.services.list(ListServices())
    studio.owner.policy.show(PolicyQuery())


def test_a_test_that_shows_what_it_says_passes() -> None:
    listing(studio=on(Answering()))


@pytest.mark.parametrize("test", [nothing, failing])
def test_a_test_that_does_not_show_what_it_says_fails(test: object) -> None:
    assert callable(test)
    with pytest.raises(AssertionError, match=r"services\.list"):
        test(studio=on(Answering()))


def test_a_test_of_what_is_lacking_asks_it_to_raise_unsupported() -> None:
    listing(studio=on(Honest()))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        listing(studio=on(Modest()))


def test_a_test_that_needs_what_is_lacking_says_so() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"needs policy\.show"):
        needing_another(studio=on(Answering()))


def test_a_backend_that_does_not_declare_what_it_lacks_is_found_out() -> None:
    with pytest.raises(pytest.fail.Exception, match="does not declare"):
        on(Boastful()).nobody.sessions.sign_in(SignIn(email="a@example.com", password="x"))


def test_a_failure_that_the_contract_does_not_name_is_found_out() -> None:
    with pytest.raises(pytest.fail.Exception, match="does not name: not today"):
        listing(studio=on(Moody()))


def test_without_pytest_the_suite_says_what_to_install() -> None:
    code = "import sys; sys.modules['pytest'] = None; import portalctl.testing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "ImportError: the conformance suite runs under pytest: pip install pytest"
