"""A portal server as a portal: every operation of the contract is one request, by the contract's own rule."""

from __future__ import annotations

import gc
import inspect
import re
import tomllib
from pathlib import Path

import pytest

import portalctl
from portalctl import errors
from portalctl.backends import registry, remote
from portalctl.backends.remote import RemotePortal
from portalctl.contract import binding
from portalctl.contract.binding import declaring
from portalctl.contract.portal import NOUNS, Portal
from portalctl.models.appointments import AppointmentStatus, ListAppointments
from portalctl.server import routes
from tests.backends.hostile import IDENTITY, NOW, hostile, problem, reaching, record, reply


@pytest.mark.parametrize("noun", NOUNS)
def test_each_noun_implements_its_class_of_the_contract_whole(noun: str) -> None:
    with reaching("https://portal.example.com") as portal:
        found = getattr(portal, noun)
        assert isinstance(found, declaring(noun))
        assert not inspect.isabstract(type(found))
        assert getattr(portal, noun) is found, "it is made once"


def test_a_remote_portal_is_a_portal_made_of_nothing_but_visible_attributes() -> None:
    """No metaclass of its own, no __getattr__."""
    assert issubclass(RemotePortal, Portal)
    assert type(RemotePortal) is type(Portal)
    assert not hasattr(RemotePortal, "__getattr__")
    assert RemotePortal.__getattribute__ is object.__getattribute__
    assert set(NOUNS) <= vars(RemotePortal).keys()


def code_lines(source: str) -> int:
    """Lines that are neither blank nor imports nor of docstrings."""
    bare = re.sub(r'"""(?:.|\n)*?"""', "", source).splitlines()
    return len([line for line in bare if line.strip() and not line.startswith(("from ", "import "))])


def test_the_derivation_of_both_sides_is_under_150_lines() -> None:
    """The rule of the wire, the loop over the nouns here, and the loop over the routes there."""
    sides = (remote._method, remote._noun, routes.derive, routes._endpoint)
    assert code_lines(inspect.getsource(binding)) + sum(code_lines(inspect.getsource(each)) for each in sides) < 150


def test_requests_follow_the_rule_of_the_contract() -> None:
    with hostile(record({"items": []})) as server, reaching(server) as portal:
        asked = ListAppointments(
            starts_from=NOW, statuses=[AppointmentStatus.BOOKED, AppointmentStatus.NO_SHOW], client="Ann & Co", limit=7
        )
        assert portal.appointments.list(asked).items == []
    (request,) = server.requests
    assert request.startswith(
        b"GET /appointments?starts_from=2026-03-02T08%3A00%3A00Z&statuses=booked&statuses=no_show"
        b"&client=Ann+%26+Co&limit=7 HTTP/1.1\r\n"
    )
    assert request.endswith(b"\r\n\r\n"), "a read has no body"


def test_a_portal_under_a_path_is_asked_there() -> None:
    with hostile(record(IDENTITY)) as server, reaching(f"{server.url}/rossi/") as portal:
        assert portal.url == f"{server.url}/rossi"
        portal.sessions.who_am_i()
    assert server.requests[0].startswith(b"GET /rossi/sessions/current HTTP/1.1\r\n")


def test_nothing_is_sent_before_something_is_asked() -> None:
    with hostile(record(IDENTITY)) as server, reaching(server) as portal:
        portal.sessions  # noqa: B018  building it is what is looked at
        assert server.requests == []


def test_another_caller_has_a_session_of_their_own() -> None:
    with hostile(record(IDENTITY)) as server, reaching(server, "mine") as portal:
        other, nobody = portal.with_token("theirs"), portal.with_token(None)
        for each in (portal, other, nobody):
            each.sessions.who_am_i()
        other.close()
        nobody.close()
    sessions = [re.findall(rb"Bearer (\w+)", request) for request in server.requests]
    assert sessions == [[b"mine"], [b"theirs"], []]


def test_what_needs_files_of_the_portal_is_unsupported(tmp_path: Path) -> None:
    with reaching("https://portal.example.com") as portal:
        with pytest.raises(errors.Unsupported):
            portal.backup(tmp_path / "backup")
        with pytest.raises(errors.Unsupported):
            portal.send("smtp://localhost:25")


def test_a_portal_that_was_closed_may_be_closed_again_and_used_again() -> None:
    with hostile(record(IDENTITY)) as server, reaching(server) as portal:
        portal.sessions.who_am_i()
        portal.close()
        portal.close()
        assert portal.sessions.who_am_i().name == "Anna Bianchi"


def test_no_connection_is_left_behind() -> None:
    """Warnings are errors here, also those of what is collected as garbage."""
    with hostile(reply("", 204, ""), problem("not_found", 404)) as server, reaching(server) as portal:
        portal.sessions.sign_out()
        with pytest.raises(errors.NotFound):
            portal.sessions.who_am_i()
    del portal
    gc.collect()


def test_both_schemes_are_found_here_and_by_other_packages() -> None:
    project = tomllib.loads((Path(portalctl.__file__).parents[1] / "pyproject.toml").read_text())["project"]
    declared = project["entry-points"]["portalctl.backends"]
    assert {declared[scheme] for scheme in registry.REMOTE} == {f"{remote.__name__}:{remote.open_portal.__name__}"}
