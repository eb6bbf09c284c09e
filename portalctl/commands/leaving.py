"""What every way out shares: the session ends at the portal if that can be told, and its token is wiped here anyway."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portalctl.config import Profile
    from portalctl.context import Context


def leave(context: Context, profile: Profile) -> bool:
    """End the session that is kept for a profile and wipe its token; False where none is kept for its portal.

    Raises CredentialStoreFailure when the token cannot be wiped.
    """
    from portalctl.credentials import open_store
    from portalctl.errors import CredentialStoreFailure

    if profile.name not in context.config.profiles:
        return False
    store = open_store(profile, context.config, context.say)
    try:
        token = store.get(profile.name, profile.portal)
    except CredentialStoreFailure:
        store.erase(profile.name)
        return True
    if token is None:
        return False
    try:
        end_session(context, profile, token)
    finally:
        store.erase(profile.name)
    return True


def forget(context: Context, profile: Profile) -> None:
    """Wipe the token of a session that has ended at the portal, where one is kept."""
    from portalctl.credentials import open_store

    if profile.name in context.config.profiles:
        open_store(profile, context.config, context.say).erase(profile.name)


def end_session(context: Context, profile: Profile, token: str) -> None:
    """End a session at its portal. Where that fails, say so: it ends there by itself when its time is over."""
    from portalctl.errors import PortalError

    try:
        with closing(context.open_portal(profile.portal, token, ca_file=profile.ca_file)) as portal:
            portal.sessions.sign_out()
    except PortalError as failure:
        context.say(f"The portal could not be told ({failure.message}): there the session ends when its time is over.")
