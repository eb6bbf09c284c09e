#!/usr/bin/env bash
# A practice shares 2,000 files with 40 clients: half from a tree with a folder for each client, half from a manifest. The
# first run is killed in the middle and taken up again; the manifest has three wrong rows, for which nothing of it is sent.
# In the end every client signs up, fetches all that they see, and proves by hash that it is theirs: all of it, and no more.
# Everything happens on a portal file of its own, in a temporary folder. FILES and CLIENTS choose other numbers.
set -euo pipefail
exec 2>&1

files=${FILES:-2000} clients=${CLIENTS:-40}
work=$(mktemp -d)
export PORTALCTL_HOME=$work/home PORTALCTL_NO_INPUT=1
trap 'rm -rf "$work"' EXIT
cd "$work"

say() { printf '\n# %s\n' "$*"; }
practice() { portalctl --profile practice "$@"; }

say "A practice, and $clients clients who have been invited"
printf '%s\n' "walnut harbour cobalt seven" | practice practice init --name "Studio Rossi" --owner "Dr Rossi" \
  --email rossi@example.com --timezone Europe/Rome --password-stdin --store file
mkdir invites
invite() { portalctl --profile practice practice invite "client$1@example.com" --name "Client $1" 2>/dev/null >"invites/$1"; }
export -f invite
seq -w "$clients" | xargs -P 2 -I N bash -c 'invite N'

say "$files files: a tree with a folder for each client, and a manifest with a row for each file"
python - "$files" "$clients" <<'END'
import csv, hashlib, os, sys
from pathlib import Path

files, clients = map(int, sys.argv[1:])
width = len(str(clients))
expected = {}
rows = []
for number in range(files):
    who = f"{number % clients + 1:0{width}}"
    content = b"%PDF-1.7\n" + os.urandom(40_000_000 // files) + b"\n%%EOF\n"
    of_tree = number < files // 2
    path = Path(f"tree/client{who}@example.com" if of_tree else "scans", f"result-{number:04}.pdf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if not of_tree:
        rows.append({"path": path, "client": f"client{who}@example.com", "name": f"Client {who}", "title": f"Result {number}"})
    expected.setdefault(who, []).append(hashlib.sha256(content).hexdigest())

Path("expected").mkdir()
for who, hashes in expected.items():
    Path("expected", who).write_text("".join(f"{each}\n" for each in sorted(hashes)))

def write(name, rows):
    with open(name, "w", newline="") as file:
        table = csv.DictWriter(file, ["path", "client", "name", "title"])
        table.writeheader()
        table.writerows(rows)

write("right.csv", rows)
wrong = [dict(row) for row in rows]
wrong[2]["name"] = wrong[3]["name"]  # as if somebody had sorted one column and not the others
wrong[5]["client"] = "nobody@example.com"
wrong[7]["path"] = "scans/forgotten.pdf"
write("manifest.csv", wrong)
END

say "What the tree would do; nothing is sent"
practice docs upload --by-client tree --dry-run | tail -n 3

say "It is sent, and killed in the middle: somebody reads one result, and no more"
mkfifo results
portalctl --profile practice docs upload --by-client tree --yes --jsonl >results 2>/dev/null &
sending=$!
exec 4<results
read -r first <&4
echo "$first"
kill -9 "$sending"
exec 4<&-
wait "$sending" || echo "(ended with $?)"
practice docs batches list

say "The same command again goes on where that one was"
practice docs upload --by-client tree --yes
practice docs upload --by-client tree --yes

say "A manifest with three wrong rows: all are told at once, and nothing is sent"
practice docs upload --manifest manifest.csv --yes || echo "(refused with exit code $?)"

say "The manifest as it should have been"
practice docs upload --manifest right.csv --yes

say "Every client signs up, fetches what they see, and counts"
printf '%s\n' "tulip engine marble sunday" >password
check() {
  portalctl --profile "client$1" signup - --password-file password --timezone Europe/Rome --store file <"invites/$1" >/dev/null 2>&1
  portalctl --profile "client$1" docs pull "seen/$1" >/dev/null 2>&1
  find "seen/$1" -type f -name '*.pdf' -exec sha256sum {} + | cut -d ' ' -f 1 | sort | cmp - "expected/$1" && echo "client$1: exactly their own $(wc -l <"expected/$1")"
}
export -f check
mkdir seen
seq -w "$clients" | xargs -P 2 -I N bash -c 'check N' | sort >proved
tail -n 3 proved
[ "$(wc -l <proved)" = "$clients" ]
echo "all $clients clients see exactly their own, $files files in all"
