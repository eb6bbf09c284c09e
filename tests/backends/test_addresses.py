"""The address of a portal server: one form for what is the same, and nothing that could lead a session astray."""

from __future__ import annotations

import pytest

from portalctl.backends.addresses import read_address
from portalctl.backends.registry import normal_url, open_portal
from portalctl.clock import system_clock
from portalctl.errors import InvalidInput


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://portal.example.com", "https://portal.example.com"),
        ("https://portal.example.com/", "https://portal.example.com"),
        ("HTTPS://Portal.Example.COM:443//", "https://portal.example.com"),
        ("https://portal.example.com:8443", "https://portal.example.com:8443"),
        ("https://example.com/rossi/", "https://example.com/rossi"),
        ("https://[2001:DB8::1]:443/", "https://[2001:db8::1]"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("http://localhost:8420/", "http://localhost:8420"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8420", "http://[::1]:8420"),
    ],
)
def test_what_is_the_same_address_is_kept_in_one_form(written: str, kept: str) -> None:
    assert read_address(written).url == kept
    assert normal_url(written) == kept


def test_addresses_that_differ_stay_apart() -> None:
    urls = (
        "https://a.example",
        "http://localhost",
        "https://localhost",
        "https://a.example:444",
        "https://a.example/b",
    )
    assert len({read_address(url).url for url in urls}) == len(urls)


@pytest.mark.parametrize(
    "url",
    [
        *("https://", "https:///x", "https://:443", "https://a:b", "https://a:99999", "https://-a.example"),
        *("https://a.example?x=1", "https://a.example#x", "https://a.example/../b", "https://a.example/a//b"),
        *("https://a.example/x y", "https://a.exa\nmple", "https://a.example\t", "https://a b", "https://[::1"),
        *("https://me@a.example", "https://me:secret@a.example", "https://a.example\\@b.example", "https://a..b"),
    ],
)
def test_what_is_no_address_of_a_portal_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_portal(url, None, system_clock, lambda _: None)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        *("http://portal.example.com", "http://10.0.0.1", "http://192.168.1.7:8420", "http://0.0.0.0:8420"),
        *("http://localhost.example.com", "http://127.0.0.1.example.com", "http://[2001:db8::1]"),
    ],
)
def test_http_is_for_this_machine_alone(url: str) -> None:
    with pytest.raises(InvalidInput, match="for this machine alone"):
        read_address(url)


def test_a_portal_file_is_left_as_it_is_written() -> None:
    assert normal_url("sqlite:///srv/Portal.db") == "sqlite:///srv/Portal.db"
    assert normal_url("not a url") == "not a url"
