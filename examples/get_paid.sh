#!/usr/bin/env bash
# From a card to a refund: a client keeps a card and lets her practitioner charge it, the practice invoices an appointment, charges
# it and gives half back. Then what is refused, each for its own reason.
# By itself it works on a portal file, and payments are a trial that moves no money. With the keys of a test account of Stripe's
# in the environment (PORTALCTL_STRIPE_SECRET_KEY, PORTALCTL_STRIPE_PUBLISHABLE_KEY) it does the same through a server.
set -euo pipefail

work=$(mktemp -d)
clean_up() {
  if [ -n "${server:-}" ]; then
    kill "$server" || true
    wait "$server" || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

say() { printf '\n# %s\n' "$*"; }
refused() { echo "(refused with exit code $?)"; }
rossi() { PORTALCTL_HOME=$work/rossi portalctl "$@"; }
anna() { PORTALCTL_HOME=${home_of_anna:-$work/rossi} portalctl --profile anna "$@"; }
card() { printf '%s\n' "$1" 12/35 123; } # nobody's: number, expiry and security code, as they would be typed

say "The practice sets itself up, and says who takes its payments"
echo "walnut harbour cobalt seven" >"$work/rossi.password"
if [ -n "${PORTALCTL_STRIPE_SECRET_KEY:-}" ]; then
  : >"$work/server.log"
  PORTALCTL_HOME=$work/server portalctl serve --port 0 2>"$work/server.log" &
  server=$!
  said() { timeout 60 grep -m1 -o "$1" <(tail -n +1 -f --pid=$$ "$work/server.log") || { cat "$work/server.log" >&2; return 1; }; }
  setup=$(said 'set_[[:alnum:]_.-]*')
  portal=$(said 'http://127.0.0.1:[0-9]*')
  unset PORTALCTL_STRIPE_SECRET_KEY # from here on only the server has it
  home_of_anna=$work/anna
  rossi practice init --portal "$portal" --setup "$setup" --name "Studio Rossi" --owner "Dr Rossi" \
    --email rossi@example.com --timezone Europe/Rome --password-file "$work/rossi.password" --store file
  rossi practice policy set --gateway stripe --typed-cards
else
  rossi practice init --name "Studio Rossi" --owner "Dr Rossi" --email rossi@example.com --timezone Europe/Rome \
    --password-file "$work/rossi.password" --store file
  rossi practice policy set --gateway test
fi
rossi practice services add "First visit" --duration 50m --price "90.00 EUR"
rossi practice hours set rossi@example.com --days mon-fri --windows 09:00-13:00,14:00-18:00

say "Anna signs up, keeps a card, and lets Dr Rossi charge it"
link=$(rossi practice invite anna@example.com --name "Anna Bianchi")
echo "tulip engine marble sunday" >"$work/anna.password"
echo "$link" | anna signup - --password-file "$work/anna.password" --timezone Europe/Rome --store file
works=$(card "4242 4242 4242 4242" |
  anna settings payment add --card-stdin --authorize "Dr Rossi" --limit "100.00 EUR" --format ids)
anna settings payment list

say "She books a visit, which the practice invoices and charges"
slot=$(anna appointments slots --service "First visit" --from "$(date -d '+3 days' +%F)" --limit 1 --format ids)
visit=$(anna appointments book "$slot" --format ids)
invoice_of() { # what is owed for: issues an invoice of it, and says its number
  local draft
  draft=$(rossi practice invoices create "$@" --format ids)
  rossi practice invoices issue "$draft" --format csv --fields number | tail -n 1 | tr -d '\r'
}
first=$(invoice_of --appointment "$visit")
rossi practice invoices charge "$first" --idempotency-key "charge-$first"
echo "Charged again with the same key, it is the same charge:"
rossi practice invoices charge "$first" --idempotency-key "charge-$first"

say "Half of it goes back"
rossi practice invoices refund "$first" --amount 45.00 --yes
rossi practice invoices show "$first"
anna invoices receipts
anna invoices download "$first" -o "$work/"

say "A card that is declined"
second=$(invoice_of anna@example.com --provider "Dr Rossi" --item "Second visit" --amount "60.00 EUR")
declined=$(card "4000 0000 0000 0341" | anna settings payment add --card-stdin --authorize "Dr Rossi" --format ids)
rossi practice invoices charge "$second" --method "$declined" || refused

say "A limit that is too low"
anna settings payment authorize "$works" "Dr Rossi" --limit "59.99 EUR"
rossi practice invoices charge "$second" || refused

say "An authorization that was revoked"
anna settings payment revoke "$works" "Dr Rossi"
rossi practice invoices charge "$second" || refused

say "Anna pays it herself, for which nobody needs to be authorized"
anna invoices pay "$second" --yes
anna invoices charges "$second"

say "The books say what the payment provider says"
rossi practice invoices reconcile
