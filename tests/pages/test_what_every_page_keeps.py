"""What holds for every page: its headers, its methods, its size, and how it tells that something failed."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from portalctl.server.pages import look
from portalctl.server.pages.zones import regions
from tests.domain.conftest import FakeClock
from tests.pages.conftest import PASSWORD, Place, text_of

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/", "/device", "/device?user_code=WDJB-MJHT", "/invite/x", "/reset/x", "/nowhere"])
def test_no_page_runs_a_script_is_framed_kept_or_tells_its_address(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get(path)
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
def test_every_page_has_a_language_a_title_landmarks_and_a_way_past_its_top(visitor: httpx.Client, path: str) -> None:
    page = visitor.get(path).text
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert page.count("<h1") == page.count("<main") == page.count("<header") == page.count("<footer") == 1
    assert '<a class="skip" href="#content">' in page
    assert '<main id="content"' in page
    assert re.search(r"<title>\S[^<]+</title>", page)


def test_what_pages_load_is_kept_for_ever_under_a_name_of_its_content(visitor: httpx.Client) -> None:
    for address in re.findall(r'<link[^>]*href="([^"]+)"', visitor.get("/").text):
        answer = visitor.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert re.search(r"\.[0-9a-f]{12}\.(css|svg)$", address)
    assert visitor.get("/assets/pages.css").status_code == 404
    assert visitor.get("/assets/..%2f..%2flook.py").status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"), [("/", "GET, HEAD"), ("/device", "GET, HEAD, POST"), ("/done", "GET, HEAD")]
)
def test_another_method_is_refused_with_those_that_work(visitor: httpx.Client, path: str, allowed: str) -> None:
    answer = visitor.request("PUT", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert "That is not possible here" in text_of(answer.text)


def test_a_failure_is_a_page_for_browsers_and_problem_json_for_programs(visitor: httpx.Client) -> None:
    assert "There is no page at this address" in text_of(visitor.get("/nowhere").text)
    for accept in ("application/json", "*/*", "application/json, text/html;q=0.5", "text/html;q=0", "text/html;q=x"):
        answer = visitor.get("/nowhere", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code == 404


def test_what_goes_wrong_within_is_told_without_saying_what(
    visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portalctl.server.pages.practices.practice.get", lambda _: 1 / 0)
    answer = visitor.get("/")
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
    place: Place, visitor: httpx.Client, body: bytes, media_type: str, status: int
) -> None:
    link = place.invite()
    answer = visitor.post(link, content=body, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert visitor.get(link).status_code == 200


def test_the_first_page_says_what_this_is_and_how_to_sign_in(place: Place, visitor: httpx.Client) -> None:
    said = text_of(visitor.get("/").text)
    assert "The client portal of Studio Rossi" in said
    assert f"portalctl login --portal {place.url}" in said


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


def test_links_and_cookies_follow_the_address_that_users_know() -> None:
    page = bytes(
        look.page("front.html", portal_url="https://example.org/portal", practice="Studio Rossi").body
    ).decode()
    assert 'href="/portal/device"' in page
    assert 'href="/portal/assets/' in page


def test_every_zone_to_choose_from_is_one() -> None:
    from zoneinfo import ZoneInfo

    names = [zone.name for zones in regions().values() for zone in zones]
    assert len(names) == len(set(names)) > 400
    for name in names:
        ZoneInfo(name)
