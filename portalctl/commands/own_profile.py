"""`portalctl settings profile`: who you are, and the address you sign in with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption
from portalctl.commands.options import ShowsData, VersionOption
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.models.settings import EmailChange

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings profile show
  portalctl settings profile set --preferred-name Annie --birth-date 1985-04-12
  portalctl settings profile set --email anna@new.example.com
  portalctl settings profile confirm-email -
"""
)

OLDEST = 1880
"""The first year of a birth date."""

CLEARABLE = ("preferred-name", "pronouns", "birth-date", "phone", "address")


@group.command(cls=ShowsData)
def show(ctx: typer.Context) -> None:
    """Your profile.

    \b
    Examples:
      portalctl settings profile show
      portalctl settings profile show --json | jq -r .phone
    """
    portal, output = use(ctx)
    output.show_one(portal.settings.show().profile)


@group.command(cls=ShowsData)
def set(  # noqa: A001  the command's name
    ctx: typer.Context,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Your name.")] = None,
    preferred_name: Annotated[
        str | None, typer.Option("--preferred-name", metavar="NAME", help="What you like to be called.")
    ] = None,
    pronouns: Annotated[str | None, typer.Option("--pronouns", metavar="TEXT", help="Such as they/them.")] = None,
    birth_date: Annotated[
        str | None, typer.Option("--birth-date", metavar="DATE", help="1985-04-12; of clients alone.")
    ] = None,
    phone: Annotated[
        str | None, typer.Option("--phone", metavar="NUMBER", help="As dialled at the practice, or from + on.")
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", metavar="TEXT", help="Where you live; not of staff.")
    ] = None,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="Have a code mailed there, to sign in with it.")
    ] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option("--clear", metavar="FIELD", help=f"Forget one of: {', '.join(CLEARABLE)}. May be repeated."),
    ] = None,
    if_version: VersionOption = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
) -> None:
    """Change your profile. Clients' profiles are seen by the practice.

    A telephone number without + is read as one of the practice's country. Another e-mail address is asked for alone,
    and with your password; nothing changes before the code that is mailed there is given to `confirm-email`.

    \b
    Examples:
      portalctl settings profile set --preferred-name Annie --pronouns she/her
      portalctl settings profile set --phone "+39 06 698 12345" --clear address
      portalctl settings profile set --email anna@new.example.com
    """
    from portalctl.commands.parsing import day, given
    from portalctl.models.settings import EmailChange, Profile, SetProfile

    own = {"name": name, "preferred_name": preferred_name, "pronouns": pronouns, "phone": phone, "address": address}
    changes = given(
        **own,
        birth_date=day(birth_date, OLDEST) if birth_date is not None else None,
        email=email,
        clear=[_field(word) for word in clear] if clear else None,
    )
    portal, output = use(ctx, Profile if email is None else EmailChange)
    if email is None:
        output.done(
            "Set", portal.settings.set_profile(SetProfile.model_validate({**changes, "if_version": if_version}))
        )
        return
    change = _ask_for_email(running(ctx), email, password_stdin, password_file, alone=len(changes) == 1)
    output.say(
        f"A code is on its way to {change.new_email}. Until it is given, nothing changes:"
        " portalctl settings profile confirm-email -"
    )
    output.show_one(change)


@group.command(name="confirm-email", cls=ShowsData)
def confirm_email(
    ctx: typer.Context,
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE|-]", help="The code that was mailed; - reads it from standard input.")
    ] = None,
) -> None:
    """Sign in with your new address from now on. The old one is told.

    \b
    Examples:
      portalctl settings profile confirm-email -
    """
    from portalctl.models.settings import ConfirmEmail, Profile

    context = running(ctx)
    portal, output = use(ctx, Profile)
    profile = portal.settings.confirm_email(ConfirmEmail(code=_code(context, code)))
    if context.profile.name in context.config.profiles:
        context.config.save(context.profile._replace(email=profile.email))
    output.done("You sign in with the new address from now on", profile)


def _ask_for_email(
    context: Context, email: str, password_stdin: bool, password_file: Path | None, *, alone: bool
) -> EmailChange:
    """Ask for another address, which is seen to be one first. Raises InvalidInput where more was asked for."""
    from portalctl.commands.entering import given_password
    from portalctl.errors import InvalidInput
    from portalctl.models.settings import ChangeEmail

    if not alone:
        raise InvalidInput("another e-mail address is confirmed first", "give --email alone, and the rest without it")
    request = ChangeEmail(email=email, password="")
    password = given_password(context, password_stdin, password_file)
    if password is None:
        password = context.prompt.hidden("Password", "--password-stdin or --password-file")
    return context.portal.settings.change_email(request.model_copy(update={"password": password}))


def _code(context: Context, given: str | None) -> str:
    """The code that was given; `-` reads a line of standard input, and nothing at all is asked for on a terminal."""
    if given is not None and given != "-":
        return given.strip()
    if given is None or context.prompt.possible:
        return context.prompt.text("Code", "the code as an argument, or - to read standard input")
    return context.stdin.readline(_LONGEST_LINE).strip()


_LONGEST_LINE = 200


def _field(word: str) -> str:
    from portalctl.errors import InvalidInput

    if word not in CLEARABLE:
        raise InvalidInput(f"{word!r} is nothing that can be forgotten", f"choose from: {', '.join(CLEARABLE)}")
    return word.replace("-", "_")
