"""`portalctl practice form`: the questionnaires that the practice gives to its clients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portalctl.commands.options import IdempotencyOption, LimitOption, ShowsData
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice form import intake.json
  portalctl practice form list
  portalctl practice form share "Intake" anna@example.com
"""
)


@group.command(name="import", cls=ShowsData)
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A FHIR R4 Questionnaire in JSON; - reads it from stdin.")
    ],
) -> None:
    """Import a questionnaire: a FHIR R4 Questionnaire in JSON, as it was published.

    The same file again is the same form. Everything that is wrong with one is told at once.

    \b
    Examples:
      portalctl practice form import examples/forms/intake.json
      curl -s https://forms.example.com/phq-9.json | portalctl practice form import -
    """
    from portalctl.commands.json_files import text_of_file
    from portalctl.models.forms import Form, ImportForm

    portal, output = use(ctx, Form)
    form = portal.forms.add(ImportForm(questionnaire=text_of_file(file, running(ctx))))
    output.done("Imported", form)
    for note in form.notes if output.is_table else []:
        output.say(f"Note: {note}")


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context, limit: LimitOption = None) -> None:
    """The practice's forms, latest first.

    \b
    Examples:
      portalctl practice form list
      portalctl practice form list --json | jq -r '.[].title'
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.forms import Form, ListForms

    portal, output = use(ctx)
    forms = collect(
        lambda cursor, size: portal.forms.list(ListForms(cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(forms, Form)


@group.command(cls=ShowsData)
def share(
    ctx: typer.Context,
    form: Annotated[str, typer.Argument(metavar="FORM", help="The form's id, or its exact title.")],
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id, e-mail or name.")],
    appointment: Annotated[
        str | None, typer.Option("--appointment", metavar="ID", help="The appointment that it is for.")
    ] = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Give a client a form to fill in; it waits in their documentation.

    \b
    Examples:
      portalctl practice form share "Intake" anna@example.com
      portalctl practice form share frm_7k2m anna@example.com --appointment apt_7k2m
    """
    from portalctl.models.forms import GivenForm, ShareForm

    portal, output = use(ctx, GivenForm)
    request = ShareForm(form=form, client=client, appointment=appointment, idempotency_key=idempotency_key)
    output.done("Shared", portal.forms.share(request))
