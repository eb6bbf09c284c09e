"""`portalctl devices`: deciding, from a shell that is signed in, about a program that shows a code."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import ShowsData, YesOption
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl devices show WDJB-MJHT
  portalctl devices allow WDJB-MJHT
  portalctl devices refuse WDJB-MJHT
"""
)

CodeArgument = Annotated[
    str, typer.Argument(metavar="CODE", help="The code that the program shows; case and dashes do not matter.")
]


@group.command(cls=ShowsData)
def show(ctx: typer.Context, code: CodeArgument) -> None:
    """What asks to be signed in with this code: its name, and from where and when it asked.

    \b
    Examples:
      portalctl devices show WDJB-MJHT
    """
    from portalctl.models.devices import DeviceReference

    portal, output = use(ctx)
    output.show_one(portal.devices.show(DeviceReference(user_code=code)))


@group.command(cls=ShowsData)
def allow(ctx: typer.Context, code: CodeArgument, yes: YesOption = False) -> None:
    """Let a program act as you, until it signs out or its session ends.

    Allow only what you have started yourself: whoever sees the code could have sent it to you.

    \b
    Examples:
      portalctl devices allow WDJB-MJHT
      portalctl devices allow WDJB-MJHT --yes
    """
    from portalctl.models.devices import Device, DeviceReference
    from portalctl.output.safe import visible

    portal, output = use(ctx, Device)
    request = DeviceReference(user_code=code)
    if not yes:
        running(ctx).prompt.require("--yes")
        asking = portal.devices.show(request)
        question = f"Let {asking.name}, asking from {asking.address}, act as you?"
        if not running(ctx).prompt.confirm(visible(question)):
            output.say("Nothing was changed; turn it away with: portalctl devices refuse CODE")
            return
    output.done("Allowed", portal.devices.allow(request))


@group.command(cls=ShowsData)
def refuse(ctx: typer.Context, code: CodeArgument) -> None:
    """Turn a program away.

    \b
    Examples:
      portalctl devices refuse WDJB-MJHT
    """
    from portalctl.models.devices import Device, DeviceReference

    portal, output = use(ctx, Device)
    output.done("Refused", portal.devices.refuse(DeviceReference(user_code=code)))
