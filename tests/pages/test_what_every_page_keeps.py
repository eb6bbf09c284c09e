"""What holds for every page: its headers, its methods, its size, and how it tells that something failed."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from portalctl.server.pages import devices
from portalctl.server.pages.visits import Ask
from portalctl.server.pages.zones import regions
from tests.domain.conftest import FakeClock
from tests.pages.conftest import HTML, PASSWORD, Place, text_of
from tests.serving import serving

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/", "/device", "/device?user_code=WDJB-MJHT", "/invite/x", "/reset/x", "/nowhere"])
def test_no_page_runs_a_script_is_framed_kept_or_tells_its_address(guest: httpx.Client, path: str) -> None:
    answer = guest.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|http-equiv", answer.text)
    loaded = re.findall(r'<(?:link|img|iframe|object)[^>]*?(?:href|src)="([^"]+)"', answer.text)
    assert loaded
    assert all(address.startswith("/assets/") for address in loaded)


@pytest.mark.parametrize("path", ["/", "/device", "/invite/x"])
def test_every_page_has_a_language_a_title_landmarks_and_a_way_past_its_top(guest: httpx.Client, path: str) -> None:
    page = guest.get(path).text
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert page.count("<h1") == page.count("<main") == page.count("<header") == page.count("<footer") == 1
    assert '<a class="skip" href="#content">' in page
    assert '<main id="content"' in page
    assert re.search(r"<title>\S[^<]+</title>", page)


def test_what_pages_load_is_kept_for_ever_under_a_name_of_its_content(guest: httpx.Client) -> None:
    for address in re.findall(r'<link[^>]*href="([^"]+)"', guest.get("/").text):
        answer = guest.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert re.search(r"\.[0-9a-f]{12}\.(css|svg)$", address)
    assert guest.get("/assets/pages.css").status_code == 404
    assert guest.get("/assets/..%2f..%2flook.py").status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"), [("/", "GET, HEAD"), ("/device", "GET, HEAD, POST"), ("/done", "GET, HEAD")]
)
def test_another_method_is_refused_with_those_that_work(guest: httpx.Client, path: str, allowed: str) -> None:
    answer = guest.request("PUT", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert "That is not possible here" in text_of(answer.text)


def test_a_failure_is_a_page_for_browsers_and_problem_json_for_programs(guest: httpx.Client) -> None:
    assert "There is no page at this address" in text_of(guest.get("/nowhere").text)
    for accept in ("application/json", "*/*", "application/json, text/html;q=0.5", "text/html;q=0", "text/html;q=x"):
        answer = guest.get("/nowhere", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code == 404


def test_what_goes_wrong_within_is_told_without_saying_what(
    guest: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portalctl.server.pages.practices.practice.get", lambda _: 1 / 0)
    answer = guest.get("/")
    assert answer.status_code == 500
    said = text_of(answer.text)
    assert "Something went wrong" in said
    assert answer.headers["x-request-id"] in said
    assert "division" not in said


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"name=" + b"a" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"name=%FF", "application/x-www-form-urlencoded", 400),
        ("name=é".encode(), "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % number for number in range(40)), "application/x-www-form-urlencoded", 400),
        (b'{"name": "Anna"}', "application/json", 400),
        (b"name=Anna", "text/plain", 400),
    ],
)
def test_what_is_no_form_of_these_pages_is_refused(
    shared: Place, guest: httpx.Client, body: bytes, media_type: str, status: int
) -> None:
    link = shared.invite()
    answer = guest.post(link, content=body, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert guest.get(link).status_code == 200


def test_the_first_page_says_what_this_is_and_how_to_sign_in(shared: Place, guest: httpx.Client) -> None:
    said = text_of(guest.get("/").text)
    assert "The client portal of Studio Rossi" in said
    assert f"portalctl login --portal {shared.url}" in said


def test_the_page_of_what_was_done_is_for_who_did_it_and_for_ten_minutes(
    place: Place, visitor: httpx.Client, clock: FakeClock
) -> None:
    form = {"name": "Anna", "password": PASSWORD, "again": PASSWORD, "timezone": "Europe/Rome"}
    assert visitor.post(place.invite(), data=form).headers["location"] == "/done"
    with place.browse() as other:
        assert (other.get("/done").status_code, other.get("/done").headers["location"]) == (303, "/")
    clock.advance(timedelta(minutes=9, seconds=59))
    assert visitor.get("/done").status_code == 200
    clock.advance(timedelta(seconds=1))
    assert visitor.get("/done").status_code == 303


def test_links_and_cookies_follow_the_address_that_users_know(shared: Place) -> None:
    office = shared.anyone._office._replace(portal_url="https://example.org/portal")
    answer = devices.show(Ask(office, name="", query={}, cookies={}, form=None))
    page = bytes(answer.body).decode()
    for place_within in ('action="/portal/device"', 'href="/portal/"', 'href="/portal/assets/'):
        assert place_within in page
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-portalctl-visit=")
    assert "Secure" in attributes


def test_a_portal_without_a_practice_says_how_to_set_it_up(tmp_path: Path) -> None:
    with serving(f"sqlite://{tmp_path}/portal.db") as server, httpx.Client(headers=HTML) as visitor:
        said = text_of(visitor.get(server.url).text)
    assert f"portalctl practice init --portal {server.url} --setup CODE" in said


def test_every_zone_to_choose_from_is_one() -> None:
    from zoneinfo import ZoneInfo

    names = [zone.name for zones in regions().values() for zone in zones]
    assert len(names) == len(set(names)) > 400
    for name in names:
        ZoneInfo(name)
