"""Whose portal this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portalctl.storage import practice

if TYPE_CHECKING:
    from portalctl.domain.office import Office
    from portalctl.models.practice import Practice


def about(office: Office) -> Practice | None:
    """The practice that the portal belongs to; None while it is not set up."""
    with office.store.reading() as transaction:
        return practice.get(transaction)
