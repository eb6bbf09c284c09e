"""`portalctl settings mfa`: your second factor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption
from portalctl.commands.options import ShowsData
from portalctl.context import running, use

if TYPE_CHECKING:
    from collections.abc import Callable

    from portalctl.context import Context
    from portalctl.models.mfa import RecoveryCodes
    from portalctl.output.output import Output

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings mfa setup                 scan the QR code with an authenticator app
  portalctl settings mfa verify 123456         turn it on with the app's first code
  portalctl settings mfa recovery-codes        how many are left
  portalctl settings mfa disable
"""
)

CODE_HELP = "A code of your authenticator app, or a recovery code."
CodeOption = Annotated[str | None, typer.Option("--code", metavar="CODE", help=CODE_HELP)]


@group.command(cls=ShowsData)
def status(ctx: typer.Context) -> None:
    """Whether sign-in asks for a code, and how many recovery codes are left.

    \b
    Examples:
      portalctl settings mfa status
      portalctl settings mfa status --json | jq -r .state
    """
    portal, output = use(ctx)
    output.show_one(portal.mfa.status())


@group.command(cls=ShowsData)
def setup(
    ctx: typer.Context,
    png: Annotated[
        Path | None,
        typer.Option("--png", metavar="FILE", help="Write the QR code to a new file that only you can read."),
    ] = None,
    show_secret: Annotated[
        bool, typer.Option("--show-secret", help="Show the secret itself, to be typed into an app or read by a script.")
    ] = False,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
) -> None:
    """Get a secret for an authenticator app, as a QR code on the terminal. Your password is asked for again.

    Nothing changes before `verify` has had the app's first code. Elsewhere than on a terminal the secret is shown only
    with --png or --show-secret.

    \b
    Examples:
      portalctl settings mfa setup
      portalctl settings mfa setup --png ./code.png
      portalctl settings mfa setup --show-secret --json --password-stdin < ./password | jq -r .secret
    """
    from portalctl.commands.qr_codes import as_png, on_terminal
    from portalctl.models.mfa import MfaSetup, SetUpMfa

    context = running(ctx)
    portal, output = use(ctx, MfaSetup)
    draws = png is None and not show_secret
    if draws:
        _require_a_screen(context, output)
    password = _password(context, password_stdin, password_file)
    with _new_file(png) as write:
        made = portal.mfa.set_up(SetUpMfa(password=password))
        if write is not None:
            write(as_png(made.uri or ""))
    output.say("Scan the code with an authenticator app, then: portalctl settings mfa verify CODE")
    if draws:
        output.picture(on_terminal(made.uri or "", context.environment))
    else:
        output.show_one(made if show_secret else made.model_copy(update={"secret": None, "uri": None}))


@group.command(cls=ShowsData)
def verify(
    ctx: typer.Context,
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="The six digits that the app shows now.")] = None,
) -> None:
    """Turn the second factor on with the app's first code; prints ten recovery codes once. Other sessions end.

    \b
    Examples:
      portalctl settings mfa verify 123456
      portalctl settings mfa verify 123456 > ./recovery-codes
    """
    from portalctl.models.mfa import RecoveryCodes, VerifyMfa

    portal, output = use(ctx, RecoveryCodes)
    given = code or running(ctx).prompt.text("Code from your authenticator app", "CODE")
    _show_codes(output, portal.mfa.verify(VerifyMfa(code=given)), "The second factor is on.")


@group.command(cls=ShowsData)
def disable(
    ctx: typer.Context,
    code: CodeOption = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
    new_password_file: Annotated[
        Path | None,
        typer.Option("--new-password-file", metavar="FILE", help="The longer password, where yours is short of 15."),
    ] = None,
) -> None:
    """Turn the second factor off, with your password and a code. Other sessions end.

    A password that is shorter than 15 characters was enough beside a code, and is not enough alone: a longer one is
    asked for first.

    \b
    Examples:
      portalctl settings mfa disable
      portalctl settings mfa disable --code 843p-z7yc-swxj-q22w
    """
    from portalctl.commands.entering import given_password
    from portalctl.models.mfa import DisableMfa, MfaStatus

    context = running(ctx)
    portal, output = use(ctx, MfaStatus)
    password = _password(context, password_stdin, password_file)
    new_password = given_password(context, from_stdin=False, file=new_password_file)
    if new_password is None and len(password) < ENOUGH_ALONE and context.prompt.possible:
        context.say(f"Your password has fewer than {ENOUGH_ALONE} characters: choose a longer one first.")
        new_password = context.prompt.new_password("--new-password-file")
    if code is None and context.prompt.possible:
        code = context.prompt.text("Code from your authenticator app, or a recovery code", "--code")
    request = DisableMfa(password=password, code=code, new_password=new_password)
    output.done("The second factor is off", portal.mfa.disable(request))


@group.command(name="recovery-codes", cls=ShowsData)
def recovery_codes(
    ctx: typer.Context,
    renew: Annotated[bool, typer.Option("--renew", help="Make ten new ones in place of those there are.")] = False,
    code: CodeOption = None,
) -> None:
    """How many recovery codes are left; with --renew ten new ones, printed once.

    \b
    Examples:
      portalctl settings mfa recovery-codes
      portalctl settings mfa recovery-codes --renew --code 123456
    """
    from portalctl.models.mfa import RecoveryCodes, RenewRecoveryCodes

    if code is not None and not renew:
        raise typer.BadParameter("--code goes with --renew")
    portal, output = use(ctx, RecoveryCodes)
    if not renew:
        output.show_one(RecoveryCodes(codes=[], left=portal.mfa.status().recovery_codes_left))
        return
    given = code or running(ctx).prompt.text("Code from your authenticator app, or a recovery code", "--code")
    made = portal.mfa.renew_recovery_codes(RenewRecoveryCodes(code=given))
    _show_codes(output, made, "Earlier recovery codes are worthless.")


ENOUGH_ALONE = 15
"""Characters that a password needs without a second factor: the portal says so too, whatever is asked here."""


def _show_codes(output: Output, made: RecoveryCodes, done: str) -> None:
    output.once(
        made, made.codes, f"{done} Keep these codes apart from the app; each signs you in once where it is lost:"
    )


def _password(context: Context, from_stdin: bool, file: Path | None) -> str:
    """The password again, for what a session left open must not be enough for."""
    from portalctl.commands.entering import given_password

    given = given_password(context, from_stdin, file)
    return given if given is not None else context.prompt.hidden("Password", "--password-stdin or --password-file")


def _require_a_screen(context: Context, output: Output) -> None:
    """Raise InvalidInput where a QR code cannot be shown, before anything happens."""
    from portalctl.commands.qr_codes import COLUMNS, ROWS, can_draw
    from portalctl.errors import InvalidInput

    encoding = getattr(context.stderr, "encoding", None)
    if not output.is_table or not can_draw(context.stdout, encoding, context.environment):
        raise InvalidInput(
            f"the QR code is shown on a terminal of {COLUMNS} columns and {ROWS} rows or more, and nowhere else",
            "write it to a file with --png FILE, or show the secret with --show-secret",
        )


@contextmanager
def _new_file(path: Path | None) -> Iterator[Callable[[bytes], object] | None]:
    """A file that is made for its owner alone, before there is anything to write; gone again where nothing is."""
    from portalctl.errors import InvalidInput

    if path is None:
        yield None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise InvalidInput(f"{path} is there already", "name a new file") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file.write
    except BaseException:
        path.unlink(missing_ok=True)
        raise
