"""Who may ask for what: each operation, with no session, and by somebody whose role it is not for."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.testing.samples import SAMPLES, arguments
from portalctl.testing.studio import Studio
from portalctl.testing.watching import operation_of

FOR_SOMEBODY = [key for key, sample in SAMPLES.items() if not sample.public]
FOR_SOME = [key for key, sample in SAMPLES.items() if sample.barred != "nobody"]


class TestCallers:
    """What every operation asks first."""

    @pytest.mark.parametrize("operation", FOR_SOMEBODY)
    def test_it_needs_a_session(self, studio: Studio, operation: str) -> None:
        if operation in studio.lacks:
            studio.refuses(operation)
            return
        if "sessions.sign_in" in studio.lacks:
            pytest.skip("nobody signs in to this backend")
        studio.person("owner")  # without a practice there would be nothing to sign in to
        for token in (None, "pct_" + 43 * "A"):
            with pytest.raises(errors.SignInNeeded):
                operation_of(studio.portal(token), operation)(*arguments(operation))

    @pytest.mark.parametrize("operation", FOR_SOME)
    def test_it_is_not_for_every_role(self, studio: Studio, operation: str) -> None:
        if operation in studio.lacks:
            studio.refuses(operation)
            return
        with pytest.raises(errors.NotPermitted):
            operation_of(studio.person(SAMPLES[operation].barred), operation)(*arguments(operation))
