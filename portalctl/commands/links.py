"""Links to sign up, reset or set up with, as people give them: an argument, a line on stdin, or an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from portalctl.context import Context

_LONGEST_LINE = 8192

Kind = Literal["invite", "reset", "setup"]

_COMMANDS: dict[Kind, str] = {
    "invite": "portalctl signup -",
    "reset": "portalctl password reset -",
    "setup": "portalctl practice init --setup -",
}


class GivenLink(NamedTuple):
    """The code in a link, and the portal it leads to where that is not for an option to say."""

    portal: str | None
    code: str


def read_link(context: Context, given: str | None, kind: Kind) -> GivenLink:
    """The link that was given; `-` reads a line of standard input, and nothing at all is asked for on a terminal.

    The part of the link before `/invite/`, `/reset/` or `/setup/` is the portal, unless --portal names another. A bare
    code is accepted for the portal in use. Raises InputNeeded, InvalidInput.
    """
    from portalctl.errors import InvalidInput

    text = _text(context, given, kind).strip()
    if not text:
        raise InvalidInput(f"there is no {kind} link on standard input", f"paste it to: {_COMMANDS[kind]}")
    for other, command in _COMMANDS.items():
        if other != kind and f"/{other}/" in text and f"/{kind}/" not in text:
            article = "an" if kind == "invite" else "a"
            raise InvalidInput(f"that is not {article} {kind} link", f"use it with: {command}")
    portal, _, code = text.rpartition(f"/{kind}/")
    return GivenLink(portal if portal and context.portal_url is None else None, code)


def _text(context: Context, given: str | None, kind: str) -> str:
    if given is not None and given != "-":
        return given
    if given is None or context.prompt.possible:
        return context.prompt.text(f"{kind.capitalize()} link", "the link as an argument, or - to read standard input")
    return context.stdin.readline(_LONGEST_LINE)
