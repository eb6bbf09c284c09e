"""`portalctl settings payment`: your cards, and who may charge them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from portalctl.commands.options import ClientOption, IdempotencyOption, ShowsData, YesOption
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.context import Context

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings payment add --authorize "Dr Rossi" --limit "100.00 EUR"
  portalctl settings payment list
  portalctl settings payment authorize pay_7k2m practice --until 2026-12-31
  portalctl settings payment revoke pay_7k2m "Dr Rossi"
  portalctl settings payment remove pay_7k2m
"""
)

MethodArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The payment method's id, or enough of its beginning.")
]
ProviderArgument = Annotated[
    str, typer.Argument(metavar="PROVIDER", help="A practitioner's id, e-mail or name, or practice for all of it.")
]
MostOption = Annotated[
    str | None, typer.Option("--limit", metavar="AMOUNT", help="The most that one charge may come to: '100.00 EUR'.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DAY", help="The last day on which they may: 2026-12-31.")
]


@group.command(cls=ShowsData)
def add(
    ctx: typer.Context,
    country: Annotated[
        str | None, typer.Option("--country", metavar="CC", help="The country of the card, such as IT.")
    ] = None,
    authorize: Annotated[
        str | None,
        typer.Option("--authorize", metavar="PRACTITIONER|practice", help="Who may charge it for your invoices."),
    ] = None,
    limit: MostOption = None,
    until: UntilOption = None,
    default: Annotated[bool, typer.Option("--default", help="Charge it where no other is named.")] = False,
    web: Annotated[bool, typer.Option("--web", help="Hand the card in on the payment provider's page.")] = False,
    card_stdin: Annotated[
        bool,
        typer.Option("--card-stdin", help="Read number, expiry and security code from standard input, a line each."),
    ] = False,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Keep a card with the payment provider of the practice, which alone gets to know its number.

    Where the practice takes typed cards, number, expiry and security code are asked for, hidden, and go from here
    straight to the provider. Elsewhere its own page is opened: its link is shown, also as a QR code, and this waits for
    what becomes of it. The first card is charged where none is named.

    \b
    Examples:
      portalctl settings payment add
      portalctl settings payment add --authorize "Dr Rossi" --limit "100.00 EUR" --until 2026-12-31
      portalctl settings payment add --web --country IT --default
    """
    from portalctl import errors
    from portalctl.models.payment_methods import PaymentMethod

    if web and card_stdin:
        raise typer.BadParameter("--web and --card-stdin are two ways: give one")
    portal, output = use(ctx, PaymentMethod)
    context = running(ctx)
    wanted = {
        "country": _country(country),
        "default": default,
        "authorize": authorize,
        **_terms(limit, until),
        "idempotency_key": idempotency_key or _new_key(),
    }
    gateway = portal.payment_methods.gateway()
    is_trial = not gateway.moves_money and gateway.name != "none"
    if is_trial and context.prompt.possible:
        context.say(f"{_TRIAL} Its card is 4242 4242 4242 4242.")
    if web and not gateway.hosted_page:
        raise errors.Unsupported("the payment provider has no page for cards", "leave --web out")
    if web or (gateway.hosted_page and not gateway.typed_cards and not card_stdin):
        made = _on_the_page(context, wanted)
    else:
        made = _typed(context, gateway, wanted, from_stdin=card_stdin)
    output.done("Added", made)
    if is_trial and not context.prompt.possible:
        output.say(_TRIAL)


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context, client: ClientOption = None) -> None:
    """Your cards, the one that is charged first before the others, and who may charge each.

    \b
    Examples:
      portalctl settings payment list
      portalctl settings payment list --json | jq -r '.[] | select(.expired) | .id'
    """
    from portalctl.models.payment_methods import ListPaymentMethods, PaymentMethod

    portal, output = use(ctx)
    output.show(portal.payment_methods.list(ListPaymentMethods(client=client)), PaymentMethod)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, method: MethodArgument) -> None:
    """One card: its brand, last four digits, expiry and country, and who may charge it up to how much.

    \b
    Examples:
      portalctl settings payment show pay_7k2m
      portalctl settings payment show pay_7k2m --json | jq .authorizations
    """
    from portalctl.models.payment_methods import PaymentMethodReference

    portal, output = use(ctx)
    output.show_one(portal.payment_methods.show(PaymentMethodReference(id=method)))


@group.command(cls=ShowsData)
def default(ctx: typer.Context, method: MethodArgument) -> None:
    """Charge this card from now on where no other is named.

    \b
    Examples:
      portalctl settings payment default pay_7k2m
    """
    from portalctl.models.payment_methods import PaymentMethod, PaymentMethodReference

    portal, output = use(ctx, PaymentMethod)
    output.done("By default", portal.payment_methods.set_default(PaymentMethodReference(id=method)))


@group.command(cls=ShowsData)
def authorize(
    ctx: typer.Context,
    method: MethodArgument,
    provider: ProviderArgument,
    limit: MostOption = None,
    until: UntilOption = None,
) -> None:
    """Let a practitioner, or the whole practice, charge this card for your invoices.

    What was allowed them before is replaced: without --limit there is no limit, without --until no end.

    \b
    Examples:
      portalctl settings payment authorize pay_7k2m "Dr Rossi" --limit "100.00 EUR"
      portalctl settings payment authorize pay_7k2m practice --until 2026-12-31
    """
    from portalctl.models.payment_methods import AuthorizeProvider, PaymentMethod

    portal, output = use(ctx, PaymentMethod)
    request = AuthorizeProvider(id=method, provider=provider, **_terms(limit, until))
    output.done("Authorized for", portal.payment_methods.authorize(request))


@group.command(cls=ShowsData)
def revoke(ctx: typer.Context, method: MethodArgument, provider: ProviderArgument) -> None:
    """Let a practitioner, or the whole practice, charge this card no more: from the next charge on.

    \b
    Examples:
      portalctl settings payment revoke pay_7k2m "Dr Rossi"
    """
    from portalctl.models.payment_methods import PaymentMethod, RevokeProvider

    portal, output = use(ctx, PaymentMethod)
    request = RevokeProvider(id=method, provider=provider)
    output.done("Revoked for", portal.payment_methods.revoke(request))


@group.command()
def remove(
    ctx: typer.Context,
    method: MethodArgument,
    yes: YesOption = False,
    despite_unpaid: Annotated[
        bool, typer.Option("--despite-unpaid", help="Also where somebody may charge it for an unpaid invoice.")
    ] = False,
) -> None:
    """Forget a card, here and at the payment provider.

    Where a provider may charge it for an invoice that is not paid yet, that is asked about once more.

    \b
    Examples:
      portalctl settings payment remove pay_7k2m
      portalctl settings payment remove pay_7k2m --yes --despite-unpaid
    """
    from portalctl.errors import InvoiceUnpaid
    from portalctl.models.payment_methods import RemovePaymentMethod

    portal, output = use(ctx)
    prompt = running(ctx).prompt
    if not yes and not prompt.confirm(f"Remove {method}, here and at the payment provider?"):
        output.say("Nothing was changed.")
        return
    request = RemovePaymentMethod(id=method, despite_unpaid=despite_unpaid)
    try:
        portal.payment_methods.remove(request)
    except InvoiceUnpaid as refused:
        if not prompt.possible:
            raise
        if not prompt.confirm(f"It is so that {refused.message}. Remove it all the same?", "--despite-unpaid"):
            output.say("Nothing was changed.")
            return
        portal.payment_methods.remove(request.model_copy(update={"despite_unpaid": True}))
    output.say(f"Removed {method}.")


_TRIAL = "This practice takes payments as a trial: no money moves."


def _terms(limit: str | None, until: str | None) -> dict[str, Any]:
    from portalctl.commands.parsing import day, money

    return {
        "limit": money(limit) if limit is not None else None,
        "until": day(until) if until is not None else None,
    }


def _country(text: str | None) -> str | None:
    """A country in two letters, however they are written. Raises InvalidInput."""
    from portalctl.errors import InvalidInput

    if text is not None and not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise InvalidInput(f"{text!r} is not a country", "write its two letters: IT")
    return text.upper() if text is not None else None


def _new_key() -> str:
    import secrets

    return secrets.token_urlsafe(18)


def _typed(context: Context, gateway: Any, wanted: dict[str, Any], *, from_stdin: bool) -> Any:
    """Ask for a card, give it to the provider, and keep what the provider calls it."""
    from portalctl.commands.typed_cards import asked_for, read_from
    from portalctl.gateways.tokenizers import tokenizer_of
    from portalctl.models.payment_methods import AddPaymentMethod

    tokenizer = tokenizer_of(gateway, context.environment.get("PORTALCTL_STRIPE_API_BASE"))
    request = AddPaymentMethod.model_validate({**wanted, "token": "none"})
    today = context.clock().date()
    card = read_from(context.stdin, today) if from_stdin else asked_for(context.prompt, context.say, today)
    token = tokenizer.token_of(card)
    return context.portal.payment_methods.add(request.model_copy(update={"token": token}))


def _on_the_page(context: Context, wanted: dict[str, Any]) -> Any:
    """Show the provider's page, and wait for the card."""
    from portalctl.commands.card_pages import show_page, wait
    from portalctl.models.payment_methods import BeginPaymentSetup, PaymentMethodReference, PaymentSetupReference

    portal = context.portal
    begun = portal.payment_methods.begin_setup(BeginPaymentSetup.model_validate(wanted))
    show_page(context, begun.url)
    reference = PaymentSetupReference(id=begun.id)
    done = wait(lambda: portal.payment_methods.setup(reference))
    return portal.payment_methods.show(PaymentMethodReference(id=done.payment_method_id or ""))
