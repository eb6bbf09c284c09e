"""Who sends a request, and whether it is for this portal: nothing that somebody merely says about it counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.datastructures import Headers

from portalctl import errors
from portalctl.server.problems import WrongHost
from portalctl.server.senders import Senders, is_loopback, networks
from tests.domain.house import House
from tests.server.conftest import Served, served_copy

PROXIED = Senders(proxies=networks(["10.0.0.0/8", "fd00::/8"]), public_url="https://portal.example.com")


def _headers(**fields: str) -> Headers:
    return Headers({name.replace("_", "-"): value for name, value in fields.items()})


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9, nonsense, 10.9.9.9", "10.9.9.9"),
        ("10.1.2.3", "nonsense", "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "10.4.4.4, 10.5.5.5", "10.4.4.4"),
        ("10.1.2.3", "2001:db8::1", "2001:db8::1"),
        ("fd00::5", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9:4711", "10.1.2.3"),
    ],
)
def test_the_rightmost_address_that_is_no_proxys_counts(peer: str, forwarded: str, address: str) -> None:
    headers = _headers(x_forwarded_for=forwarded, x_forwarded_proto="https")
    sender = PROXIED.sender(peer, "http", headers)
    assert (sender.address, sender.is_secure) == (address, True)


def test_forwarding_fields_in_several_lines_are_one_list() -> None:
    raw = [
        (b"x-forwarded-for", b"198.51.100.1"),
        (b"x-forwarded-for", b"203.0.113.9"),
        (b"x-forwarded-proto", b"https"),
    ]
    assert PROXIED.sender("10.1.2.3", "http", Headers(raw=raw)).address == "203.0.113.9"


def test_what_anybody_else_says_about_forwarding_is_not_believed() -> None:
    forged = _headers(x_forwarded_for="10.0.0.1", x_forwarded_proto="https", forwarded="for=10.0.0.1;proto=https")
    for senders in (Senders(), Senders(proxies=networks(["10.0.0.0/8"]))):
        sender = senders.sender("127.0.0.1", "http", forged)
        assert (sender.address, sender.is_secure, sender.is_here) == ("127.0.0.1", False, False)
    assert Senders().sender("203.0.113.9", "https", forged).address == "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "proto"), [("203.0.113.9", "https"), ("10.1.2.3", "http"), ("10.1.2.3", "https, http")]
)
def test_a_request_that_went_without_tls_or_past_the_proxy_is_refused(peer: str, proto: str) -> None:
    with pytest.raises(WrongHost):
        PROXIED.sender(peer, "http", _headers(x_forwarded_for="198.51.100.1", x_forwarded_proto=proto))


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("portal.example.com", True),
        ("PORTAL.example.com:443", True),
        ("127.0.0.1:8420", True),
        ("localhost", True),
        ("[::1]:8420", True),
        ("evil.example.com", False),
        ("portal.example.com.evil.example", False),
        ("portal.example.com@evil.example", False),
        ("169.254.169.254", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_a_request_for_another_host_is_refused(host: str, is_ours: bool) -> None:
    """A name that an attacker points at this server (DNS rebinding) is another host."""
    if is_ours:
        PROXIED.check_host(_headers(host=host))
    else:
        with pytest.raises(WrongHost):
            PROXIED.check_host(_headers(host=host))


def test_a_served_portal_answers_for_its_own_host_alone(furnished: House, tmp_path: Path) -> None:
    senders = Senders(public_url="https://portal.example.com")
    with served_copy(furnished, tmp_path, senders=senders) as served:
        answer = served.ask("GET", "/practice", "client", headers={"Host": "evil.example"})
        assert (answer.status, answer.code) == (421, "wrong_host")
        assert served.ask("GET", "/practice", "client", headers={"Host": "portal.example.com"}).status == 200
        assert served.ask("GET", "/healthz", headers={"Host": "10.0.0.7"}).status == 200


def test_links_lead_to_the_portals_own_address_whatever_host_was_asked(served: Served) -> None:
    invite = {"email": "new@example.com", "name": "New"}
    answer = served.ask(
        "POST", "/invites", "owner", invite, headers={"Host": "evil.example", "X-Forwarded-Host": "evil"}
    )
    assert answer.json()["link"].startswith(served.serving.url + "/invite/")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_what_listens_on_this_machine_only(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "db", "localhost.evil.example"])  # noqa: S104  text
def test_what_others_reach(host: str) -> None:
    assert not is_loopback(host)


def test_what_comes_from_a_proxy_is_not_this_machines_whatever_the_proxy_says() -> None:
    senders = Senders(proxies=networks(["127.0.0.0/8"]))
    assert not senders.sender("127.0.0.1", "http", _headers()).is_here
    assert Senders().sender("127.0.0.1", "http", _headers()).is_here


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "proxy", ""])
def test_a_network_is_written_in_one_way(text: str) -> None:
    with pytest.raises(errors.InvalidInput):
        networks([text])
