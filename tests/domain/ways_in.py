"""Ways into an account, and what is told to those who do not get in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.errors import LinkNotValid, PortalError
from portalctl.models.clients import MakeResetLink
from portalctl.models.invites import InviteClient
from portalctl.models.sessions import SignedIn, SignIn
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, code_of

CARA_PASSWORD = "violet anchor thunder pencil"
WRONG = "not the password at all"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def invite(owner: EmbeddedPortal, email: str = "cara@example.com", name: str = "Cara Neri") -> str:
    """The code of a new invite."""
    return code_of(owner.invites.create(InviteClient(email=email, name=name)).link)


def reset(owner: EmbeddedPortal, person: str = ANNA_EMAIL) -> str:
    """The code of a new reset link."""
    return code_of(owner.clients.reset_link(MakeResetLink(client=person)).link)


def sign_in(portal: EmbeddedPortal, email: str = ANNA_EMAIL, password: str = ANNA_PASSWORD) -> SignedIn:
    return portal.sessions.sign_in(SignIn(email=email, password=password))


class Told(NamedTuple):
    """Everything that a caller learns from a failure."""

    kind: type[PortalError]
    message: str
    hint: str | None
    allowed_from: datetime | None = None
    allowed_until: datetime | None = None


NOT_VALID = Told(LinkNotValid, "this link is not valid", "ask the practice for a new one")


def told(attempt: Callable[..., object], *arguments: object) -> Told:
    """What a failing attempt tells."""
    with pytest.raises(PortalError) as failure:
        attempt(*arguments)
    found = failure.value
    return Told(type(found), found.message, found.hint, found.allowed_from, found.allowed_until)
