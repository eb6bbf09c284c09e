"""The page for a forgotten password: only its form uses the link."""

from __future__ import annotations

import httpx
import pytest

from portalctl import errors
from portalctl.models.sessions import SignIn
from tests.pages.conftest import BEN, PASSWORD, Place, text_of

NEW = "copper lantern orchid nine"


def test_its_form_sets_the_password_and_ends_every_session(place: Place, visitor: httpx.Client) -> None:
    before = place.anyone.with_token(place.anyone.sessions.sign_in(SignIn(email=BEN, password=PASSWORD)).token)
    link = place.reset_link()
    said = text_of(visitor.get(link).text)
    assert BEN in said
    assert "portalctl password reset -" in said
    sent = visitor.post(link, data={"password": NEW, "again": NEW})
    assert (sent.status_code, sent.headers["location"]) == (303, "/done")
    assert f"portalctl login --portal {place.url} --email {BEN}" in text_of(visitor.get("/done").text)
    with pytest.raises(errors.SignInNeeded):
        before.sessions.who_am_i()
    assert place.anyone.sessions.sign_in(SignIn(email=BEN, password=NEW)).identity.email == BEN
    assert visitor.get(link).status_code == 404


def test_looking_uses_nothing(shared: Place, guest: httpx.Client) -> None:
    link = shared.reset_link()
    before = shared.rows("SELECT * FROM resets"), shared.rows("SELECT * FROM audit")
    for method in ("GET", "HEAD", "GET"):
        assert guest.request(method, link).status_code == 200
    assert (shared.rows("SELECT * FROM resets"), shared.rows("SELECT * FROM audit")) == before


@pytest.mark.parametrize(
    ("password", "again", "field"), [("", "", "password"), ("short", "short", "password"), (NEW, PASSWORD, "again")]
)
def test_what_is_wrong_is_named_and_the_link_still_works(
    shared: Place, guest: httpx.Client, password: str, again: str, field: str
) -> None:
    link = shared.reset_link()
    answer = guest.post(link, data={"password": password, "again": again})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert guest.get(link).status_code == 200
