"""What every way in shares: a credential store that works, a password nobody else sees, and a profile kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

if TYPE_CHECKING:
    from portalctl.config import Profile, Store
    from portalctl.context import Context
    from portalctl.contract.portal import Portal
    from portalctl.models.sessions import SignedIn

PasswordStdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, without its line end.")
]
PasswordFileOption = Annotated[
    Path | None, typer.Option("--password-file", metavar="FILE", help="Read the password from this file.")
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="keyring|file|command", help="Where the session is kept; the keyring, if not told."
    ),
]
StoreCommandOption = Annotated[
    str | None,
    typer.Option("--store-command", metavar="CMD", help="With --store command: runs CMD get|store|erase KEY."),
]

LONGEST_PASSWORD_FILE = 4096
"""Bytes: more cannot be a password, whatever the file is."""


def working_profile(context: Context, portal: str | None, store: str | None, store_command: str | None) -> Profile:
    """The profile to sign in under, its credential store tried out first. Raises CredentialStoreFailure, InvalidInput.

    `portal` is the URL that the command's own argument names, where it names one.
    """
    from portalctl.backends.registry import normal_url
    from portalctl.credentials import open_store

    profile = context.profile
    if portal is not None:
        profile = profile._replace(portal=normal_url(portal))
    if store is not None or store_command is not None:
        profile = profile._replace(store=_known_store(store or "command"), store_command=store_command)
    open_store(profile, context.config, context.say).check()
    return profile


def keep(context: Context, profile: Profile, signed_in: SignedIn) -> Portal:
    """Keep the session's token in the profile's store, and the profile itself; the portal for that session."""
    from portalctl.credentials import open_store

    open_store(profile, context.config, context.say).set(profile.name, profile.portal, signed_in.token)
    context.config.save(profile._replace(email=signed_in.identity.email))
    return context.enter(profile, signed_in.token)


def _known_store(name: str) -> Store:
    from portalctl.config import Store
    from portalctl.errors import InvalidInput

    if name not in get_args(Store):
        raise InvalidInput(f"there is no store {name!r}", f"choose one of: {', '.join(get_args(Store))}")
    return cast("Store", name)


def given_password(context: Context, from_stdin: bool, file: Path | None) -> str | None:
    """The password that a flag brings; None where it is to be asked for. Raises InvalidInput, InputNeeded."""
    from portalctl.errors import InputNeeded, InvalidInput

    _leave_no_core_dump()
    if from_stdin and file is not None:
        raise InvalidInput("--password-stdin and --password-file are two passwords", "give one of them")
    if from_stdin:
        line = context.stdin.readline(LONGEST_PASSWORD_FILE + 1)
        if not line:
            raise InputNeeded("there is no password on standard input", "pipe it to --password-stdin, on a line")
        return line.removesuffix("\n").removesuffix("\r")
    if file is None:
        return None
    with file.open("rb") as opened:
        content = opened.read(LONGEST_PASSWORD_FILE + 1)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is not UTF-8 text", "write the password, and nothing else, into the file") from None
    return text.removesuffix("\n").removesuffix("\r")


def _leave_no_core_dump() -> None:
    """From here on a crash writes no image of the memory that holds the password."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def new_password(context: Context, from_stdin: bool, file: Path | None) -> str:
    """A password to set: brought by a flag, or asked for twice. Raises InputNeeded, naming the flag."""
    given = given_password(context, from_stdin, file)
    return given if given is not None else context.prompt.new_password("--password-stdin or --password-file")
