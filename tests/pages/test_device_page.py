"""The device page: a person signs in, sees what is asking, and decides; the session ends with the decision."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from portalctl.models.devices import DeviceReference
from portalctl.models.sessions import SignIn
from portalctl.server.routes import ServedPortal
from tests.domain.apps import guard
from tests.domain.conftest import FakeClock
from tests.pages.conftest import BEN, PASSWORD, Place, hidden_fields, text_of


def sign_in(
    visitor: httpx.Client, code: str, password: str = PASSWORD, email: str = BEN, one_time_code: str = ""
) -> httpx.Response:
    """Open the page and send its form."""
    form = hidden_fields(visitor.get("/device", params={"user_code": code}).text)
    return visitor.post(
        "/device",
        data={**form, "user_code": code, "email": email, "password": password, "one_time_code": one_time_code},
    )


def decide(visitor: httpx.Client, code: str, step: str) -> httpx.Response:
    """Press one of the two buttons."""
    page = visitor.get("/device", params={"user_code": code}).text
    forms = {**hidden_fields(page), **hidden_fields(page.partition("</form>")[2])}
    return visitor.post("/device", data={**forms, "user_code": code, "step": step})


def state_of(place: Place, code: str) -> str:
    """What has become of a device sign-in."""
    letters = DeviceReference(user_code=code).user_code
    [row] = [each for each in place.rows("SELECT * FROM device_sign_ins") if each["user_code"] == letters]
    return str(row["state"])


def test_the_person_sees_what_is_asking_before_deciding(shared: Place, guest: httpx.Client) -> None:
    code = shared.device("portalctl on <b>Anna's</b> laptop")
    signed_in = sign_in(guest, code)
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, f"/device?user_code={code}")
    said = text_of(guest.get(signed_in.headers["location"]).text)
    for told in (code, "portalctl on <b>Anna's</b> laptop", "local", "Monday 2 March 2026, 09:00 CET", "Ben Carter"):
        assert told in said
    assert state_of(shared, code) == "pending"


@pytest.mark.parametrize(("step", "state", "told"), [("allow", "allowed", "signed in"), ("refuse", "refused", "away")])
def test_a_decision_is_carried_out_and_ends_the_session(
    shared: Place, guest: httpx.Client, step: str, state: str, told: str
) -> None:
    code = shared.device()
    before = shared.rows("SELECT id FROM sessions")
    sign_in(guest, code)
    decided = decide(guest, code, step)
    assert (decided.status_code, decided.headers["location"]) == (303, "/done")
    assert state_of(shared, code) == state
    assert told in text_of(guest.get("/done").text)
    assert shared.rows("SELECT id FROM sessions") == before or step == "allow"
    assert "portalctl-visit" not in guest.cookies
    assert "Sign in" in text_of(guest.get("/device").text)


def test_the_session_travels_in_a_cookie_that_no_script_and_no_other_site_can_use(
    shared: Place, guest: httpx.Client
) -> None:
    cookie = sign_in(guest, shared.device()).headers["set-cookie"]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", "max-age=600"} <= attributes
    assert "pct_" not in cookie


@pytest.mark.parametrize(
    ("code", "typed_email", "password", "status", "told"),
    [
        ("WRONG", "ben@example.com", PASSWORD, 422, "That is not a code."),
        (None, "anna", PASSWORD, 422, "Type your e-mail address"),
        (None, "ben@example.com", "", 422, "Type your password."),
        (None, "ben@example.com", "not the password", 401, "E-mail address or password is wrong."),
        (None, "nobody@example.com", PASSWORD, 401, "E-mail address or password is wrong."),
    ],
)
def test_what_is_wrong_with_the_sign_in_is_said_and_what_was_typed_stays(
    shared: Place,
    guest: httpx.Client,
    code: str | None,
    typed_email: str,
    password: str,
    status: int,
    told: str,
) -> None:
    given = code or shared.device()
    answer = sign_in(guest, given, password, typed_email)
    assert answer.status_code == status
    assert told in text_of(answer.text)
    assert f'value="{given}"' in answer.text
    assert f'value="{typed_email}"' in answer.text
    assert password not in answer.text or not password
    assert "<title>Error: " in answer.text


def test_a_second_factor_is_asked_for_and_its_code_works_once(
    place: Place, visitor: httpx.Client, clock: FakeClock
) -> None:
    """What comes of the password alone is a page without a session; recovery codes do too."""
    ben = guard(as_ben(place), clock, PASSWORD)
    code, before = place.device(), place.rows("SELECT id FROM sessions")
    for typed, status, told in (
        ("", 401, "You have turned a second factor on"),
        (ben.app.wrong(clock()), 401, "The code is wrong, has run out or was used already."),
        ("1" * 65, 422, "That is not a code of an authenticator app"),
    ):
        answer = sign_in(visitor, code, one_time_code=typed)
        assert (answer.status_code, told in text_of(answer.text)) == (status, True)
        assert place.rows("SELECT id FROM sessions") == before
        assert not typed or typed not in answer.text
    assert sign_in(visitor, code, "not the password", one_time_code=ben.app.at(clock())).status_code == 401
    assert sign_in(visitor, code, one_time_code=f" {ben.app.at(clock())} ").status_code == 303
    assert decide(visitor, code, "allow").headers["location"] == "/done"
    again = place.device()
    assert sign_in(visitor, again, one_time_code=ben.app.at(clock())).status_code == 401
    assert sign_in(visitor, again, one_time_code=ben.recovery_codes[0]).status_code == 303


def as_ben(place: Place) -> ServedPortal:
    """The portal as Ben sees it."""
    signed_in = place.anyone.sessions.sign_in(SignIn(email=BEN, password=PASSWORD))
    return place.anyone.with_token(signed_in.token)


def test_an_unknown_and_an_expired_code_are_told_to_who_is_signed_in(
    place: Place, visitor: httpx.Client, clock: FakeClock
) -> None:
    code = place.device()
    sign_in(visitor, code)
    unknown = visitor.get("/device", params={"user_code": "BBBB-BBBB"})
    assert (unknown.status_code, "Nothing asks to be signed in" in text_of(unknown.text)) == (404, True)
    clock.advance(timedelta(minutes=9, seconds=59))
    assert visitor.get("/device", params={"user_code": code}).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert visitor.get("/device", params={"user_code": code}).status_code == 404
    assert visitor.get("/device", params={"user_code": "not a code"}).status_code == 422


def test_a_page_left_open_too_long_wants_a_new_sign_in(place: Place, visitor: httpx.Client, clock: FakeClock) -> None:
    code = place.device()
    sign_in(visitor, code)
    visitor.get("/device", params={"user_code": code})
    clock.advance(timedelta(minutes=10))
    assert "Sign in" in text_of(visitor.get("/device", params={"user_code": code}).text)
    late = decide(visitor, code, "allow")
    assert (late.status_code, "open too long" in text_of(late.text)) == (401, True)
    assert state_of(place, code) == "pending"


def test_a_decided_code_is_not_decided_again(shared: Place, guest: httpx.Client) -> None:
    code = shared.device()
    sign_in(guest, code)
    decide(guest, code, "refuse")
    sign_in(guest, code)
    again = guest.get("/device", params={"user_code": code})
    assert again.status_code == 409
    assert "already decided" in text_of(again.text)


def test_who_is_signed_in_as_somebody_else_leaves(shared: Place, guest: httpx.Client) -> None:
    code = shared.device()
    sign_in(guest, code)
    left = guest.post("/device", data=hidden_fields(guest.get("/device").text))
    assert (left.status_code, left.headers["location"]) == (303, "/device")
    assert "E-mail" in text_of(guest.get("/device").text)


def test_a_form_of_another_visit_or_of_none_is_refused(shared: Place, guest: httpx.Client) -> None:
    code = shared.device()
    sign_in(guest, code)
    with shared.browse() as other:
        strange = hidden_fields(other.get("/device").text)["form_token"]
        decision = {"user_code": code, "step": "allow"}
        assert guest.post("/device", data=decision).status_code == 403
        assert guest.post("/device", data={**decision, "form_token": strange}).status_code == 403
        assert guest.post("/device", data={**decision, "form_token": "é"}).status_code == 403
        own = hidden_fields(guest.get("/device").text)["form_token"]
        assert other.post("/device", data={**decision, "form_token": own}).status_code == 403
    assert state_of(shared, code) == "pending"
    assert guest.post("/device", data={**decision, "form_token": own}).status_code == 303


@pytest.mark.parametrize(
    "sent_from",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    ids=str,
)
def test_a_form_that_another_site_sends_is_refused_whatever_it_holds(
    shared: Place, guest: httpx.Client, sent_from: dict[str, str]
) -> None:
    code = shared.device()
    sign_in(guest, code)
    form = hidden_fields(guest.get("/device").text)
    form |= {"user_code": code, "step": "allow"}
    assert guest.post("/device", data=form, headers=sent_from).status_code == 403
    assert guest.post(shared.invite("b@example.com"), data={}, headers=sent_from).status_code == 403
    assert state_of(shared, code) == "pending"
    assert guest.post("/device", data=form, headers={"Origin": shared.url}).status_code == 303


def test_a_changed_cookie_is_nobodys(shared: Place, guest: httpx.Client) -> None:
    code = shared.device()
    sign_in(guest, code)
    [kept] = [cookie for cookie in guest.cookies.jar if cookie.name == "portalctl-visit"]
    body, _, mac = (kept.value or "").partition(".")
    for changed in (f"A{body[1:]}.{mac}", f"{body}.{mac[::-1]}", body, "", "é.é", f"{body}."):
        with shared.browse() as other:
            page = other.get(f"/device?user_code={code}", headers={b"Cookie": f"portalctl-visit={changed}".encode()})
            assert "Sign in" in text_of(page.text)


def test_guessed_passwords_slow_the_account_down_and_the_page_says_until_when(
    place: Place, visitor: httpx.Client
) -> None:
    code = place.device()
    statuses = [sign_in(visitor, code, "not the password").status_code for _ in range(7)]
    assert statuses == [401] * 6 + [429]
    assert "Try again in" in text_of(sign_in(visitor, code).text)


def test_guessed_codes_slow_their_guesser_down(place: Place, visitor: httpx.Client) -> None:
    code = place.device()
    sign_in(visitor, code)
    answers = [visitor.get("/device", params={"user_code": f"BBBB-BBB{letter}"}) for letter in "BCDFGHJKLMNP"]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert "Try again in" in text_of(answers[-1].text)
