"""Device sign-in (RFC 8628)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.devices import DeviceCode, DeviceReference, PollDevice, StartDevice
from portalctl.testing.insisting import insist, rest
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

STRANGER = DeviceReference(user_code=MISSING["user_code"])


def begun(studio: Studio, name: str = "laptop") -> DeviceCode:
    """A device that asks to be signed in."""
    return studio.nobody.devices.start(StartDevice(name=name))


def named(code: DeviceCode) -> DeviceReference:
    """What the person types."""
    return DeviceReference(user_code=code.user_code.lower().replace("-", " "))


def polled(code: DeviceCode) -> PollDevice:
    """What the device asks with."""
    return PollDevice(device_code=code.device_code)


class TestDevices:
    """What `portal.devices` does."""

    @shows("devices.start")
    @shows("devices.show")
    @shows("devices.allow")
    @shows("devices.poll")
    @shows("devices.poll", errors.AuthorizationPending, errors.ExpiredToken)
    def test_a_device_is_signed_in_once_as_the_person_who_allows_it(self, studio: Studio) -> None:
        code = begun(studio, "Anna's laptop")
        assert code.user_code in code.verification_uri_complete
        assert code.verification_uri_complete.startswith(code.verification_uri)
        with pytest.raises(errors.AuthorizationPending):
            studio.nobody.devices.poll(polled(code))
        shown = studio.anna.devices.show(named(code))
        assert (shown.name, shown.user_code, shown.state) == ("Anna's laptop", code.user_code, "pending")
        assert shown.expires_at - shown.requested_at == timedelta(seconds=code.expires_in)
        for _ in range(2):
            assert studio.anna.devices.allow(named(code)).state == "allowed"
        studio.clock.move(timedelta(seconds=code.interval))
        signed_in = studio.nobody.devices.poll(polled(code))
        assert signed_in.identity.account_id == studio.identity("client").account_id
        assert studio.portal(signed_in.token).sessions.who_am_i() == signed_in.identity
        with pytest.raises(errors.ExpiredToken):
            studio.nobody.devices.poll(polled(code))

    @shows("devices.refuse")
    @shows("devices.poll", errors.AccessDenied)
    @shows("devices.allow", errors.NotChangeable)
    def test_a_device_that_is_refused_is_told_so_and_cannot_be_allowed_after_all(self, studio: Studio) -> None:
        code = begun(studio)
        for _ in range(2):
            assert studio.anna.devices.refuse(named(code)).state == "refused"
        with pytest.raises(errors.NotChangeable):
            studio.anna.devices.allow(named(code))
        with pytest.raises(errors.AccessDenied):
            studio.nobody.devices.poll(polled(code))

    @shows("devices.refuse", errors.NotChangeable)
    def test_a_device_that_is_signed_in_is_not_refused_any_more(self, studio: Studio) -> None:
        code = begun(studio)
        studio.anna.devices.allow(named(code))
        studio.nobody.devices.poll(polled(code))
        with pytest.raises(errors.NotChangeable):
            studio.anna.devices.refuse(named(code))

    @shows("devices.poll", errors.SlowDown)
    def test_a_device_that_does_not_wait_is_told_to_wait_longer(self, studio: Studio) -> None:
        studio.person("owner")  # without a practice there would be nothing to sign in to
        code = begun(studio)
        with pytest.raises(errors.AuthorizationPending):
            studio.nobody.devices.poll(polled(code))
        with pytest.raises(errors.SlowDown):
            studio.nobody.devices.poll(polled(code))
        studio.clock.move(timedelta(seconds=code.interval + 5))
        with pytest.raises(errors.AuthorizationPending):
            studio.nobody.devices.poll(polled(code))

    @shows("devices.show", errors.NotFound)
    @shows("devices.allow", errors.NotFound)
    @shows("devices.refuse", errors.NotFound)
    @shows("devices.poll", errors.ExpiredToken)
    def test_a_code_that_has_ended_or_that_somebody_else_has_allowed_is_not_there(self, studio: Studio) -> None:
        taken, ended = begun(studio), begun(studio)
        studio.ben.devices.allow(named(taken))
        studio.clock.move(timedelta(seconds=ended.expires_in))
        anna = studio.newcomer()[0].devices
        for call in (anna.show, anna.allow, anna.refuse):
            with pytest.raises(errors.NotFound):
                call(named(ended))
        with pytest.raises(errors.NotFound):
            anna.show(named(taken))
        for device_code in (ended.device_code, "never-given"):
            with pytest.raises(errors.ExpiredToken):
                studio.nobody.devices.poll(PollDevice(device_code=device_code))

    @shows("devices.show", errors.TooManyAttempts)
    @shows("devices.allow", errors.TooManyAttempts)
    @shows("devices.refuse", errors.TooManyAttempts)
    def test_whoever_guesses_at_codes_rests_for_a_moment(self, studio: Studio) -> None:
        guesser = studio.newcomer()[0].devices
        code = begun(studio)
        failure = insist(lambda: guesser.show(STRANGER), told=errors.NotFound)
        for call in (guesser.allow, guesser.refuse):
            with pytest.raises(errors.TooManyAttempts):
                call(named(code))
        rest(studio.clock, failure)
        assert guesser.show(named(code)).state == "pending"

    @shows("devices.start", errors.TooManyAttempts)
    def test_an_address_begins_only_so_many_sign_ins_at_once(self, studio: Studio) -> None:
        with studio.elsewhere() as place:
            rest(place.clock, insist(lambda: begun(place)))
            assert begun(place).user_code

    @shows("devices.poll", errors.TooManyAttempts)
    def test_an_address_that_guesses_at_device_codes_rests_too(self, studio: Studio) -> None:
        with studio.elsewhere() as place:
            assert place.owner.practice.show().name
            guess = PollDevice(device_code="never-given")
            insist(lambda: place.nobody.devices.poll(guess), told=errors.ExpiredToken)
