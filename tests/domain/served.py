"""The portal as a server offers it, without the server: what is true of the rules is true behind any route."""

from __future__ import annotations

from portalctl.domain.office import Office
from portalctl.domain.portal import OfficePortal


class Served(OfficePortal):
    """The portal as a server offers it to one caller: it has web pages, and knows where a request comes from."""

    def __init__(self, office: Office) -> None:
        self.url = office.portal_url
        self._given = office

    @property
    def _office(self) -> Office:
        return self._given

    def with_token(self, token: str | None) -> Served:
        """The same portal for another session."""
        return Served(self._given._replace(token=token))

    def at(self, address: str) -> Served:
        """The same portal for somebody elsewhere."""
        return Served(self._given._replace(address=address))

    def close(self) -> None:
        """The fixture closes the store."""
