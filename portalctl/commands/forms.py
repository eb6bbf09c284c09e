"""`portalctl docs form`: see, fill in and hand in the forms one was given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from portalctl.commands.options import ClientOption, LimitOption, ShowsData, VersionOption
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.contract.portal import Portal
    from portalctl.models.forms import FilledForm, SubmitForm
    from portalctl.output.output import Output

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl docs form list
  portalctl docs form fill doc_7k2m
  portalctl docs form submit doc_7k2m --sign "Anna Bianchi" --relationship self
  portalctl docs form export doc_7k2m -o intake.json
"""
)

_FormArgument = Annotated[str, typer.Argument(metavar="ID", help="The form's id, or enough of its beginning.")]


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context,
    state: Annotated[
        Literal["waiting", "begun", "completed"] | None, typer.Option("--state", help="Only those in this state.")
    ] = None,
    limit: LimitOption = None,
    client: ClientOption = None,
) -> None:
    """Forms that were given out, latest first: yours, or for staff everybody's.

    \b
    Examples:
      portalctl docs form list
      portalctl docs form list --state waiting --json
      portalctl docs form list --client anna@example.com
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.forms import GivenForm, ListGivenForms

    portal, output = use(ctx)
    request = ListGivenForms.model_validate({"client": client, "state": state})
    forms = collect(
        lambda cursor, size: portal.forms.given(request.model_copy(update={"cursor": cursor, "limit": size})),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(forms, GivenForm)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, form: _FormArgument) -> None:
    """A form's questions, with the answers so far. The practice sees them once the form is handed in.

    \b
    Examples:
      portalctl docs form show doc_7k2m
      portalctl docs form show doc_7k2m --json | jq '.items[] | {key, answers}'
    """
    from portalctl.models.forms import GivenFormReference

    portal, output = use(ctx)
    _show(output, portal.forms.show(GivenFormReference(id=form)))


@group.command(cls=ShowsData)
def fill(
    ctx: typer.Context,
    form: _FormArgument,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers", metavar="FILE", help="Answers in JSON instead of questions; - reads them from stdin."
        ),
    ] = None,
    if_version: VersionOption = None,
) -> None:
    """Fill a form in: on a terminal one question after another, from where you left off.

    Each answer is kept as you give it. Scripts give a QuestionnaireResponse, or an object of answers by linkId: text,
    numbers, true and false; a list where several are taken; null to take one back.

    \b
    Examples:
      portalctl docs form fill doc_7k2m
      portalctl docs form fill doc_7k2m --answers answers.json
      echo '{"smoker": false}' | portalctl docs form fill doc_7k2m --answers -
    """
    from portalctl.models.forms import FilledForm

    portal, output = use(ctx, FilledForm)
    context = running(ctx)
    if answers is not None:
        from portalctl.commands.json_files import text_of_file

        _save(portal, output, form, text_of_file(answers, context), if_version)
        return
    from portalctl.commands.filling import Filling

    filling = Filling(portal, context, output, form)
    filled = filling.run()
    if filling.wants_to_hand_in():
        _hand_in(context, portal, output, filled)
    else:
        output.say(f"Kept. Hand it in with: portalctl docs form submit {filled.id}")


@group.command(cls=ShowsData)
def save(
    ctx: typer.Context,
    form: _FormArgument,
    answers: Annotated[
        list[str], typer.Argument(metavar="KEY=ANSWER…", help="An answer by its key or linkId; nothing takes it back.")
    ],
    if_version: VersionOption = None,
) -> None:
    """Keep single answers. `docs form show --json` tells the keys; the same key twice gives two answers.

    \b
    Examples:
      portalctl docs form save doc_7k2m smoker=no
      portalctl docs form save doc_7k2m "medicine[2]/medicine-name=Ibuprofen" allergies=
    """
    import json

    from portalctl.models.forms import FilledForm

    portal, output = use(ctx, FilledForm)
    told: dict[str, list[str]] = {}
    for each in answers:
        key, equals, answer = each.partition("=")
        if not equals:
            raise typer.BadParameter(f"{each!r} is not KEY=ANSWER")
        told.setdefault(key, []).extend([answer] if answer else [])
    text = json.dumps({key: listed[0] if len(listed) == 1 else listed for key, listed in told.items()})
    _save(portal, output, form, text, if_version)


@group.command(cls=ShowsData)
def submit(
    ctx: typer.Context,
    form: _FormArgument,
    sign: Annotated[
        str | None, typer.Option("--sign", metavar="NAME", help="Sign it: your name, as you would write it.")
    ] = None,
    relationship: Annotated[
        str | None,
        typer.Option("--relationship", metavar="WORD", help="What you are to the client: self, parent, guardian …"),
    ] = None,
    if_version: VersionOption = None,
) -> None:
    """Hand a form in. It does not change any more, and the practice sees it.

    What is missing is told all at once. With a signature goes the hash of what was signed.

    \b
    Examples:
      portalctl docs form submit doc_7k2m
      portalctl docs form submit doc_7k2m --sign "Anna Bianchi" --relationship self
    """
    from portalctl.models.forms import FilledForm, GivenFormReference

    portal, output = use(ctx, FilledForm)
    context = running(ctx)
    if sign is None and relationship is None and context.prompt.possible:
        found = portal.forms.show(GivenFormReference(id=form))
        found = found if if_version is None else found.model_copy(update={"version": if_version})
        _hand_in(context, portal, output, found)
    else:
        from portalctl.models.forms import SubmitForm

        request = SubmitForm(id=form, signed_by=sign, relationship=relationship, if_version=if_version)
        _submit(portal, output, request)


@group.command()
def export(
    ctx: typer.Context,
    form: _FormArgument,
    out: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write it there; - is stdout.")] = "-",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """The answers as a FHIR R4 QuestionnaireResponse in JSON.

    \b
    Examples:
      portalctl docs form export doc_7k2m
      portalctl docs form export doc_7k2m -o intake.json
    """
    from portalctl.models.forms import GivenFormReference

    portal, output = use(ctx)
    found = portal.forms.export(GivenFormReference(id=form))
    if out == "-":
        output.raw(found.response.encode())
        return
    from portalctl.transfer.landing import write_new

    write_new(Path(out), found.response.encode(), running(ctx).clock(), force=force)
    output.say(f"Wrote {out}.")


def _hand_in(context: Context, portal: Portal, output: Output, found: FilledForm) -> None:
    """Hand a form in, signed by whoever sits there where it is to be signed."""
    from portalctl.models.forms import SubmitForm

    name = relationship = None
    if found.signature and found.state != "completed":
        output.say("By your name you sign what you have answered.")
        name = context.prompt.text("Your name", "--sign")
        relationship = context.prompt.text("What you are to the client", "--relationship", "self")
    request = SubmitForm(id=found.id, signed_by=name, relationship=relationship, if_version=found.version)
    _submit(portal, output, request)


def _submit(portal: Portal, output: Output, request: SubmitForm) -> None:
    _done(output, "Handed in", portal.forms.submit(request))


def _save(portal: Portal, output: Output, form: str, answers: str, if_version: str | None) -> None:
    from portalctl.models.forms import SaveAnswers

    saved = portal.forms.save(SaveAnswers(id=form, answers=answers, if_version=if_version))
    _done(output, "Kept the answers of", saved)


def _done(output: Output, verb: str, form: FilledForm) -> None:
    if output.is_table:
        output.say(f"{verb} {form.id}.")
    _show(output, form)


def _show(output: Output, form: FilledForm) -> None:
    from portalctl.output.form_text import form_lines

    output.show_with_text(form, "\n".join(form_lines(form)) if output.is_table else "")
