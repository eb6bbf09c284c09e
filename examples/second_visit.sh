#!/usr/bin/env bash
# A client walks through every page of the portal: dashboard, inbox, documentation, relationships, settings, account.
# The practice does its part. Everything happens on a portal file of its own, in a temporary folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

PORTALCTL_HOME=$(mktemp -d)
export PORTALCTL_HOME
trap 'rm -rf "$PORTALCTL_HOME"' EXIT

say() { printf '\n# %s\n' "$*"; }
practice() { portalctl --profile practice "$@"; }
anna() { portalctl --profile anna "$@"; }
rosa() { portalctl --profile rosa "$@"; }

say "A practice, a client, an appointment"
echo "walnut harbour cobalt seven" >"$PORTALCTL_HOME/rossi.password"
echo "tulip engine marble sunday" >"$PORTALCTL_HOME/anna.password"
echo "copper lantern orchid nine" >"$PORTALCTL_HOME/rosa.password"
practice practice init --name "Studio Rossi" --owner "Dr Rossi" --email rossi@example.com --timezone Europe/Rome \
  --password-file "$PORTALCTL_HOME/rossi.password" --store file
practice practice services add "Second visit" --duration 50m
practice practice hours set rossi@example.com --days mon-fri --windows 09:00-18:00
practice practice invite anna@example.com --name "Anna Bianchi" |
  anna signup - --password-file "$PORTALCTL_HOME/anna.password" --timezone Europe/Rome --store file
slot=$(anna appointments slots --from "$(date -d '+3 days' +%F)" --limit 1 --format ids)
appointment=$(anna appointments book "$slot" --format ids)

say "Inbox: a client answers what the practice begins, and no more, unless the practice allows it"
practice inbox send --to anna@example.com --subject "Your next visit" --body "Please bring your insurance card."
anna inbox list --unread
conversation=$(anna inbox list --unread --format ids)
anna inbox show "$conversation"
anna inbox reply "$conversation" --body "I will, thank you."
anna inbox send --to "Dr Rossi" --subject "A question" --body "May I run again?" || echo "(refused with exit code $?)"
practice practice policy set --communication all-clients --fields communication
anna inbox send --to "Dr Rossi" --subject "A question" --body "May I run again?"
practice inbox list --unread

say "Documentation: files go both ways"
echo "Insurance 12345, valid until 2030" >"$PORTALCTL_HOME/insurance.txt"
echo "Haemoglobin 13.9 g/dL" >"$PORTALCTL_HOME/blood.txt"
anna docs upload "$PORTALCTL_HOME/insurance.txt" --title "Insurance card" --appointment "$appointment"
practice docs upload "$PORTALCTL_HOME/blood.txt" --title "Blood test" --client anna@example.com --appointment "$appointment"
anna docs list --new
anna docs download "$(anna docs list --new --format ids)" -o "$PORTALCTL_HOME/saved.txt"
cmp "$PORTALCTL_HOME/blood.txt" "$PORTALCTL_HOME/saved.txt"

say "Notes: a draft until it is completed, then never changed"
note=$(anna docs note add --title "How I slept" --body "Six hours, twice awake." --appointment "$appointment" --format ids)
anna docs note edit "$note" --body "Six hours, once awake."
anna docs note complete "$note"
anna docs note edit "$note" --body "Eight hours." || echo "(refused with exit code $?)"
anna docs view "$note"

say "Forms: FHIR questionnaires, asked question by question on a terminal, or answered from a file"
practice practice form import "$here/forms/mood_scale.json"
form=$(practice practice form list --format ids)
practice practice form share "$form" anna@example.com --appointment "$appointment"
given=$(anna docs form list --format ids)
anna docs form show "$given"
echo '{"mood-1": "some", "mood-2": "most", "mood-3": "some", "hard": "Two exams"}' | anna docs form fill "$given" --answers -
anna docs form submit "$given" || echo "(refused with exit code $?)"
echo '{"mood-4": "most", "mood-5": "some", "mood-6": "most", "mood-7": "never", "mood-8": "some", "mood-9": "most"}' |
  anna docs form fill "$given" --answers -
anna docs form submit "$given"
anna docs form export "$given" -o "$PORTALCTL_HOME/response.json"
practice docs view "$given"

say "Dashboard: the appointment with its note, documents and form; what is new"
anna dashboard
anna dashboard --json | grep -c '"id"'

say "Relationships: her mother signs in as herself and sees what the practice shared, nothing else"
practice practice relationships add anna@example.com --name "Rosa Bianchi" --kind mother --email rosa@example.com \
  --portal-access --information-access --format table |
  rosa signup - --password-file "$PORTALCTL_HOME/rosa.password" --timezone Europe/Rome --store file
anna relationships list
rosa relationships docs "Anna Bianchi"
rosa relationships dashboard "Anna Bianchi"
rosa appointments list || echo "(refused with exit code $?)"

say "Settings: profile, language, time zone, mail"
anna settings profile set --preferred-name Anna --pronouns she/her --birth-date 1990-05-17 --phone "+39 06 1234 5678"
anna settings language set it
anna settings timezone set Europe/London
anna appointments list
anna settings language set en
anna settings notifications show
anna settings show

say "A second factor: the app's code turns it on, and every code works once"
secret=$(anna settings mfa setup --show-secret --json --password-file "$PORTALCTL_HOME/anna.password" |
  python -c 'import json, sys; print(json.load(sys.stdin)["secret"])')
code=$(python -c 'import pyotp, sys; print(pyotp.TOTP(sys.argv[1]).now())' "$secret")
anna settings mfa verify "$code" >"$PORTALCTL_HOME/recovery-codes"
anna logout
anna login --password-file "$PORTALCTL_HOME/anna.password" --store file || echo "(refused with exit code $?)"
anna login --password-file "$PORTALCTL_HOME/anna.password" --store file --code "$(head -1 "$PORTALCTL_HOME/recovery-codes")"
anna settings mfa status
anna settings sessions list

say "A token for a script: it reads appointments, and does nothing else"
token=$(anna settings tokens create calendar --scope appointments:read --expires 7d)
PORTALCTL_TOKEN=$token anna appointments list --format ids
PORTALCTL_TOKEN=$token anna inbox list || echo "(refused with exit code $?)"

say "Account: who read her record, a copy of everything, and the end"
anna account log --limit 5
anna account export "$PORTALCTL_HOME/anna.zip"
anna account verify "$PORTALCTL_HOME/anna.zip"
anna account delete --dry-run
anna account delete --confirm "Yes, delete" --password-file "$PORTALCTL_HOME/anna.password"
anna whoami || echo "(refused with exit code $?)"
practice practice clients show anna@example.com
practice practice audit verify
