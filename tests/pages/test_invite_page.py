"""The invite page: who invites whom; only its form redeems."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from portalctl.models.invites import InviteReference
from portalctl.models.relationships import AddRelationship
from portalctl.models.sessions import SignIn
from tests.domain.conftest import FakeClock, code_of
from tests.pages.conftest import PASSWORD, Place, text_of

FORM = {"name": "Anna Bianchi", "password": PASSWORD, "again": PASSWORD, "timezone": "Europe/Rome"}


def test_it_says_who_invites_whom_and_until_when(shared: Place, guest: httpx.Client) -> None:
    page = guest.get(shared.invite()).text
    said = text_of(page)
    for told in ("Studio Rossi invites you", "Anna Bianchi", "anna@example.com", "Monday 9 March 2026, 09:00 CET"):
        assert told in said
    assert "portalctl signup -" in said
    assert '<option value="Europe/Rome" selected>' in page


def test_its_form_makes_the_account_and_leads_to_the_next_step_without_a_secret_in_the_address(
    place: Place, visitor: httpx.Client
) -> None:
    link = place.invite()
    sent = visitor.post(link, data={**FORM, "name": "Anna B.", "timezone": "Europe/London"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/done")
    done = visitor.get("/done")
    assert f"portalctl login --portal {place.url} --email anna@example.com" in text_of(done.text)
    assert code_of(link) not in done.text
    identity = place.anyone.sessions.sign_in(SignIn(email="anna@example.com", password=PASSWORD)).identity
    assert (identity.name, identity.timezone) == ("Anna B.", "Europe/London")
    assert visitor.get(link).status_code == 404


def test_a_relative_makes_their_account_there_too(place: Place, visitor: httpx.Client) -> None:
    """And is told what it is for."""
    close = {"name": "Rosa", "kind": "mother", "email": "rosa@example.com", "portal_access": True}
    link = place.owner.relationships.add(AddRelationship(client="Ben Carter", **close)).link or ""
    said = text_of(visitor.get(link).text)
    assert "you see what is shared with you of somebody close to you" in said
    assert "Ben" not in said
    assert visitor.post(link, data={**FORM, "name": "Rosa"}).status_code == 303
    identity = place.anyone.sessions.sign_in(SignIn(email="rosa@example.com", password=PASSWORD)).identity
    assert (identity.role, identity.name) == ("related", "Rosa")


def test_no_session_is_left_behind_by_the_page(place: Place, visitor: httpx.Client) -> None:
    before = place.rows("SELECT count(*) AS sessions FROM sessions")
    assert visitor.post(place.invite(), data=FORM).status_code == 303
    assert place.rows("SELECT count(*) AS sessions FROM sessions") == before


def test_looking_redeems_nothing_however_often_and_by_whatever_method_a_scanner_looks(
    place: Place, visitor: httpx.Client
) -> None:
    link = place.invite()
    tables = ("accounts", "clients", "invites", "sessions", "audit", "outbox", "throttles")
    before = [place.rows(f"SELECT * FROM {table}") for table in tables]  # noqa: S608  the portal's own names
    for agent in ("Mozilla/5.0", "Slackbot-LinkExpanding 1.0", "Barracuda", ""):
        for method in ("GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE"):
            visitor.request(method, link, headers={"User-Agent": agent, "Accept": "*/*"})
    assert [place.rows(f"SELECT * FROM {table}") for table in tables] == before  # noqa: S608  the portal's own names
    assert visitor.post(link, data=FORM).status_code == 303


def test_head_answers_like_get_without_the_page(shared: Place, guest: httpx.Client) -> None:
    link = shared.invite()
    head, get = guest.head(link), guest.get(link)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["content-security-policy"] == get.headers["content-security-policy"]


def test_a_link_that_does_not_work_gets_one_page_whatever_the_reason(
    place: Place, visitor: httpx.Client, clock: FakeClock
) -> None:
    used, revoked, expired = (place.invite(f"{name}@example.com") for name in ("used", "revoked", "expired"))
    assert visitor.post(used, data=FORM).status_code == 303
    place.owner.invites.revoke(InviteReference(id=code_of(revoked).partition(".")[0]))
    clock.advance(timedelta(days=8))
    good = place.invite("good@example.com")
    forged = good[:-1] + ("A" if good[-1] != "A" else "B")
    answers = {visitor.get(link).text for link in (used, revoked, expired, forged, f"{place.url}/invite/x", good + "x")}
    assert len(answers) == 1
    assert "This link does not work" in text_of(answers.pop())
    assert {visitor.get(link).status_code for link in (used, revoked, expired, forged)} == {404}
    assert {visitor.post(link, data=FORM).status_code for link in (used, revoked, expired, forged)} == {404}
    assert visitor.get(good).status_code == 200


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"name": " "}, "name", "Write your name on one line"),
        ({"name": "a" * 201}, "name", "Write your name on one line"),
        ({"password": "", "again": ""}, "password", "Choose a password."),
        ({"password": "short", "again": "short"}, "password", "The password has 5 characters and needs at least 15."),
        ({"again": PASSWORD + "x"}, "again", "The two passwords differ."),
        ({"password": "anna bianchi 2026 x", "again": "anna bianchi 2026 x"}, "password", "built from your own name"),
        ({"password": "x " * 600, "again": "x " * 600}, "password", "at most 1,024 characters"),
        ({"timezone": "Europe/Atlantis"}, "timezone", "Choose a time zone from the list."),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_in_a_summary_that_leads_there(
    shared: Place, guest: httpx.Client, typed: dict[str, str], field: str, told: str
) -> None:
    link = shared.invite()
    answer = guest.post(link, data={**FORM, "name": "Anna Two", "timezone": "Europe/London", **typed})
    page = answer.text
    assert answer.status_code == 422
    assert "<title>Error: Your invite – Studio Rossi</title>" in page
    summary = page.partition('role="alert"')[2].partition("</div>")[0]
    assert f'<a href="#{field}">' in summary
    assert told in text_of("<body>" + summary)
    tag = next(each for each in page.split("<") if f'id="{field}"' in each)
    assert f"{field}-error" in tag.partition('aria-describedby="')[2].partition('"')[0]
    assert 'aria-invalid="true"' in tag
    assert f'id="{field}-error"' in page
    assert guest.get(link).status_code == 200


def test_what_was_typed_is_kept_but_no_password(shared: Place, guest: httpx.Client) -> None:
    wrong = {"name": 'Anna "A" <B>', "password": "first secret text", "again": "second secret text"}
    page = guest.post(shared.invite(), data={**wrong, "timezone": "America/Argentina/Ushuaia"}).text
    assert 'value="Anna &#34;A&#34; &lt;B&gt;"' in page
    assert '<option value="America/Argentina/Ushuaia" selected>Argentina, Ushuaia</option>' in page
    assert "secret text" not in page


@pytest.mark.parametrize(
    "name",
    [
        "</title><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }}{% include 'x' %}",
        "&lt;b&gt;",
    ],
)
def test_a_name_cannot_become_markup(shared: Place, guest: httpx.Client, name: str) -> None:
    page = guest.get(shared.invite(name=name)).text
    assert "<script" not in page
    assert "<img" not in page
    assert name in text_of(page)


def test_characters_that_reorder_or_hide_are_made_visible(shared: Place, guest: httpx.Client) -> None:
    said = text_of(guest.get(shared.invite(name="Anna \u202egpj.exe\u2066 \u200bB")).text)
    assert "Anna \\u202egpj.exe\\u2066 \\u200bB" in said
    assert "\u202e" not in said


def test_an_owner_invites_staff_by_the_same_page(shared: Place, guest: httpx.Client) -> None:
    from portalctl.models.staff import AddStaff

    link = shared.owner.staff.add(AddStaff(email="verdi@example.com", name="Dr Verdi", role="practitioner")).link
    assert "to work with the practice's portal" in text_of(guest.get(link).text)
    assert guest.post(link, data=FORM).status_code == 303


def test_guessing_links_slows_the_address_down_and_the_page_says_until_when(
    place: Place, visitor: httpx.Client, clock: FakeClock
) -> None:
    link = place.invite()
    for _ in range(51):
        visitor.get("/invite/guess")
    slowed = visitor.get(link)
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) >= 1
    assert "Too many attempts failed. Try again in" in text_of(slowed.text)
    clock.advance(timedelta(minutes=2))
    assert visitor.get(link).status_code == 200
