#!/usr/bin/env bash
# Scripts read JSON, choose fields, and act on exit codes. Needs jq. Works on the sample practice, in a temporary folder.
set -euo pipefail

PORTALCTL_HOME=$(mktemp -d)
export PORTALCTL_HOME PORTALCTL_PROFILE=demo PORTALCTL_NO_INPUT=1
trap 'rm -rf "$PORTALCTL_HOME"' EXIT

portalctl demo >/dev/null 2>&1

echo "# When is the next appointment?"
portalctl dashboard --json | jq -r '.next | "\(.starts_at) \(.service) with \(.practitioner)"'

echo "# How many appointments of each status?"
portalctl appointments list --all --json | jq -r 'group_by(.status)[] | "\(length) \(.[0].status)"'

echo "# One line per appointment, for a log"
portalctl appointments list --all --format jsonl --fields starts_at,service,status

echo "# A spreadsheet"
portalctl appointments list --all --format csv --fields id,starts_at,service,practitioner,status | head -n 3

echo "# The first free slot of each practitioner"
portalctl appointments practitioners --json | jq -r '.[].id' | while read -r practitioner; do
  portalctl appointments slots --practitioner "$practitioner" --limit 1 --json | jq -r '.[0] | "\(.practitioner): \(.starts_at)"'
done

echo "# Book it, and repeat the same intent: one appointment"
from=$(date -u -d '+2 days' +%FT%H:%M)
slot=$(portalctl appointments slots --from "$from" --limit 1 --format ids)
first=$(portalctl appointments book "$slot" --idempotency-key visit-1 --json | jq -r .id)
again=$(portalctl appointments book "$slot" --idempotency-key visit-1 --json | jq -r .id)
[ "$first" = "$again" ] && echo "booked once: $first"

echo "# A refusal is an exit code and one JSON object on stderr"
if portalctl appointments book "$slot" --json 2>"$PORTALCTL_HOME/error.json"; then
  echo "unexpected" >&2
  exit 1
else
  echo "exit $?: $(jq -r .error.code "$PORTALCTL_HOME/error.json")"
fi
