"""The pages do the same where the portal is kept in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from portalctl.models.practice import SetUpPractice
from portalctl.server.routes import ServedPortal
from tests.domain.conftest import FakeClock
from tests.pages.conftest import BEN, OWNER_PASSWORD, PASSWORD, Place, text_of
from tests.pages.test_device_page import decide, sign_in, state_of
from tests.serving import serving


def test_an_invite_a_device_and_a_forgotten_password_on_postgres(postgres_url: str, tmp_path: Path) -> None:
    with serving(postgres_url, FakeClock(), key_file=tmp_path / "portal.key") as server:
        anyone = ServedPortal(server.site.anyone())
        request = SetUpPractice(
            name="Studio Rossi",
            email="rossi@example.com",
            timezone="Europe/Rome",
            owner="Dr Rossi",
            password=OWNER_PASSWORD,
            setup=server.set_up_code,
        )
        place = Place(server.url, anyone, anyone.with_token(anyone.practice.set_up(request).token))
        with place.browse() as visitor:
            invite = place.invite(BEN, "Ben Carter")
            assert visitor.get(invite).status_code == 200
            form = {"name": "Ben Carter", "password": PASSWORD, "again": PASSWORD, "timezone": "Europe/Rome"}
            assert visitor.post(invite, data=form).status_code == 303
            assert f"--email {BEN}" in text_of(visitor.get("/done").text)
            code = place.device()
            assert sign_in(visitor, code).status_code == 303
            assert decide(visitor, code, "allow").status_code == 303
            assert state_of(place, code) == "allowed"
            reset, new = place.reset_link(), "copper lantern orchid nine"
            assert visitor.post(reset, data={"password": new, "again": new}).status_code == 303
            assert {visitor.get(link).status_code for link in (invite, reset)} == {404}
