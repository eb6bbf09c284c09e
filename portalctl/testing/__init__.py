"""The conformance suite: what every portal does, whatever it is made of.

Each operation of the contract and each failure that it names has a test here, one file per noun. A backend joins with
one fixture, `empty_portal`, which opens an empty portal that nobody owns yet, again and again:

    from portalctl.testing.suite import *  # the tests
    from portalctl.testing import MovableClock, UnderTest

    @pytest.fixture(scope="session")
    def empty_portal(tmp_path_factory):
        @contextmanager
        def opened():
            clock, file = MovableClock(), tmp_path_factory.mktemp("portal") / "portal.db"
            portal = open_my_portal(f"mine://{file}", None, clock, print)
            yield UnderTest(portal.with_token, clock)
            portal.close()

        return opened

`UnderTest` says what else it may give. What a backend cannot do it declares in `Portal.lacks`: the suite then asks that
very operation to raise Unsupported, and skips, with the reason, what cannot be shown without it.

A test shares its practice with the others of the run and makes for itself what it works with. What it shows it says
with `shows`, which the run checks; nothing in it knows a backend. `portalctl.testing.side_by_side` is a hypothesis
state machine that takes the same steps on several portals and finds no difference.
"""

from pkgutil import iter_modules

try:
    import pytest
except ImportError as missing:
    raise ImportError("the conformance suite runs under pytest: pip install pytest") from missing

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

from portalctl.testing.under_test import START, EmptyPortal, MovableClock, UnderTest  # noqa: E402  asserts explain then

__all__ = ["START", "EmptyPortal", "MovableClock", "UnderTest"]
