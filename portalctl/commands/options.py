"""Options that many commands share, and the command class that gives a command the output options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

FORMATS = ("table", "json", "jsonl", "csv", "ids")

AppointmentArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The appointment's id, or enough of its beginning.")
]
ClientOption = Annotated[
    str | None, typer.Option("--client", metavar="CLIENT", help="For this client (staff only): id, e-mail or name.")
]
ServiceOption = Annotated[str | None, typer.Option("--service", metavar="SERVICE", help="The service's id or name.")]
PractitionerOption = Annotated[
    str | None, typer.Option("--practitioner", metavar="PRACTITIONER", help="The practitioner's id, e-mail or name.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="WHEN", help="Not before: 2026-12-01 or 2026-12-01T09:00.")
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="WHEN", help="Before: a date means the end of that day.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why.")]
IdempotencyOption = Annotated[
    str | None,
    typer.Option("--idempotency-key", metavar="KEY", help="Your name for this intent: repeating it has one effect."),
]
VersionOption = Annotated[
    str | None,
    typer.Option("--if-version", metavar="VERSION", help="Change only what is still this version, as --json shows it."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say whether it would be allowed, and change nothing.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number from `low` to `high`, in ASCII digits. Raises BadParameter for another one."""

    def read(text: str) -> int:
        from portalctl.commands.parsing import number

        found = number(text)
        if not low <= found <= high:
            raise typer.BadParameter(f"{text} is not from {low} to {high}")
        return found

    return read


LimitOption = Annotated[
    int | None, typer.Option("--limit", metavar="N", parser=whole(1, 1_000_000), help="At most so many.")
]


class Runs(TyperCommand):
    """Any command: the global options may stand behind it too."""

    def __init__(self, *arguments: Any, params: list[Any] | None = None, **settings: Any) -> None:
        super().__init__(*arguments, params=[*(params or []), *self.shared_options()], **settings)

    def shared_options(self) -> list[TyperOption]:
        """The options that every command of this kind has."""
        return [
            _option("--profile", "profile_name", metavar="NAME", help="Use this profile.", hidden=True),
            _option("--portal", "portal_url", metavar="URL", help="Use this portal.", hidden=True),
            _option("--ca-file", "ca_file", metavar="FILE", help="Believe these authorities.", hidden=True),
            _option("--no-input", "no_input", is_flag=True, help="Never ask.", hidden=True),
            _option("--debug", "debug", is_flag=True, help="Show a traceback.", hidden=True),
        ]


class ShowsData(Runs):
    """A command with --json, --format, --fields and --csv-raw, which go straight to the context's output."""

    def shared_options(self) -> list[TyperOption]:
        """The output options, then those of any command."""
        return [
            _option("--json", "json", is_flag=True, help="The same as --format json."),
            _option("--format", "format", metavar="|".join(FORMATS), help="How results look.", completions=FORMATS),
            _option("--fields", "fields", metavar="A,B", help="Show only these fields, in this order."),
            _option("--csv-raw", "csv_raw", is_flag=True, help="With csv: keep cells that a spreadsheet would run."),
            *super().shared_options(),
        ]


def _option(
    flag: str,
    name: str,
    *,
    help: str,  # noqa: A002  Typer's name
    is_flag: bool = False,
    metavar: str | None = None,
    hidden: bool = False,
    completions: Sequence[str] = (),
) -> TyperOption:
    def complete(ctx: Any, arguments: list[str], incomplete: str) -> Sequence[str]:  # noqa: ARG001  Typer's signature
        return completions

    return TyperOption(
        param_decls=[flag, name],
        type=bool if is_flag else str,
        is_flag=is_flag,
        default=False if is_flag else None,
        metavar=metavar,
        help=help,
        hidden=hidden,
        expose_value=False,
        callback=_remember,
        autocompletion=complete if completions else None,
    )


def _remember(ctx: Any, option: Any, value: object) -> object:
    """Keep a shared option on the run's context. Raises BadParameter for two formats at once."""
    if ctx.resilient_parsing or value in (None, False):
        return value
    context = ctx.obj
    setattr(context, option.name, value)
    if context.json and context.format not in (None, "json"):
        raise typer.BadParameter("--json and --format ask for two formats: give one")
    return value
