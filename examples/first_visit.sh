#!/usr/bin/env bash
# From an empty folder to a cancelled appointment: a practice is set up, a client is invited, signs up, books, moves and cancels.
# Everything happens on a portal file of its own, in a temporary folder.
set -euo pipefail

PORTALCTL_HOME=$(mktemp -d)
export PORTALCTL_HOME
trap 'rm -rf "$PORTALCTL_HOME"' EXIT

say() { printf '\n# %s\n' "$*"; }
practice() { portalctl --profile practice "$@"; }
anna() { portalctl --profile anna "$@"; }

say "The practice sets itself up"
printf '%s\n' "walnut harbour cobalt seven" | practice practice init --name "Studio Rossi" --owner "Dr Rossi" \
  --email rossi@example.com --timezone Europe/Rome --password-stdin --store file
practice practice services add "First visit" --duration 50m --buffer-after 10m --price "90.00 EUR"
practice practice services add "Video call" --duration 30m --place video --room https://meet.example.com/rossi
practice practice hours set rossi@example.com --days mon-fri --windows 09:00-13:00,14:00-18:00
practice practice policy set --minimum-notice 2h --cancellation-notice 24h --reason-required

say "It invites Anna; the link is printed once"
link=$(practice practice invite anna@example.com --name "Anna Bianchi")
echo "$link"

say "Anna signs up with it"
printf '%s\n' "tulip engine marble sunday" >"$PORTALCTL_HOME/password"
printf '%s\n' "$link" | anna signup - --password-file "$PORTALCTL_HOME/password" --timezone Europe/Rome --store file
anna whoami
anna dashboard

say "She looks for a free time and books it"
in_three_days=$(date -d '+3 days' +%F)
anna appointments slots --service "First visit" --from "$in_three_days" --limit 3
slot=$(anna appointments slots --service "First visit" --from "$in_three_days" --limit 1 --format ids)
anna appointments book "$slot" --dry-run
anna appointments book "$slot" --note "My first time here" --idempotency-key first-visit
appointment=$(anna appointments list --format ids)

say "She moves it, confirms it, and keeps it in her calendar"
later=$(date -d '+7 days' +%F)
slot=$(anna appointments slots --service "First visit" --from "$later" --limit 1 --format ids)
anna appointments reschedule "$appointment" "$slot"
anna appointments confirm "$appointment"
anna appointments ics "$appointment" >"$PORTALCTL_HOME/first-visit.ics"

say "A video call opens ten minutes before its start, not sooner"
video=$(anna appointments slots --service "Video call" --from "$later" --limit 1 --format ids)
call=$(anna appointments book "$video" --format ids)
anna appointments join "$call" --print || echo "(refused with exit code $?)"

say "She cancels, and says why"
anna appointments cancel "$appointment" --reason "I am travelling"
anna appointments list --all
anna dashboard

say "The practice sees it all"
practice practice calendar --from "$later" --status cancelled
