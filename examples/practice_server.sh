#!/usr/bin/env bash
# A practice on a server: PostgreSQL, two server processes behind one address, invites by mail, a client who signs up in a
# browser and one at the shell. One server is stopped in the middle, and nobody notices. All in a temporary folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The address: a listening socket that whoever runs the servers holds open, as systemd does. This script has it as number 3.
if [ -z "${PORT:-}" ]; then
  exec python - "$here/practice_server.sh" <<'END'
import os, socket, sys
listening = socket.create_server(("127.0.0.1", 0), backlog=100)
os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)
os.environ["PORT"] = str(listening.getsockname()[1])
os.execvp("bash", ["bash", sys.argv[1]])
END
fi
portal=http://127.0.0.1:$PORT

work=$(mktemp -d)
servers=()
clean_up() {
  kill "${servers[@]}" || true
  wait "${servers[@]}" || true
  exec {enough}>&-
  wait "$around"
  rm -rf "$work"
}

say() { printf '\n# %s\n' "$*"; }
rossi() { PORTALCTL_HOME=$work/rossi portalctl "$@"; }
anna() { PORTALCTL_HOME=$work/anna portalctl "$@"; }
ben() { PORTALCTL_HOME=$work/ben portalctl "$@"; }

say "What a server has around it: a PostgreSQL, and a mail server whose letters are read here"
coproc AROUND { exec python "$here/stand_ins.py"; }
around=$AROUND_PID letters=${AROUND[0]} enough=${AROUND[1]}
trap clean_up EXIT
read -r -u "$letters" database
read -r -u "$letters" mail
read_letter_to() { # address: waits for it, and keeps the link in it
  local to subject
  until [ "${to:-}" = "$1" ]; do read -r -t 60 -u "$letters" to link subject; done
  echo "$to: $subject"
}

say "Two servers, one address, one database, one key"
serve() { # name
  PORTALCTL_HOME=$work/server portalctl serve --fd 3 --database "$database" --smtp "$mail" 2>"$work/$1.log" &
  servers+=($!)
}
said_by() { # name, pattern: waits until a server has said it
  timeout 60 grep -m1 -o "$2" <(tail -n +1 -f --pid=$$ "$work/$1.log") || { cat "$work/$1.log" >&2; return 1; }
}
serve one
setup=$(said_by one 'set_[[:alnum:]_.-]*')
serve two

say "Whoever has the code that the first server printed makes the practice theirs"
echo "walnut harbour cobalt seven" >"$work/rossi.password"
rossi practice init --portal "$portal" --setup "$setup" --name "Studio Rossi" --owner "Dr Rossi" \
  --email rossi@example.com --timezone Europe/Rome --password-file "$work/rossi.password" --store file
rossi practice services add "First visit" --duration 50m --buffer-after 10m
rossi practice hours set rossi@example.com --days mon-fri --windows 09:00-13:00,14:00-18:00

say "Anna is invited by mail, and signs up in a browser"
rossi practice invite anna@example.com --name "Anna Bianchi" >/dev/null
read_letter_to anna@example.com
echo "tulip engine marble sunday" >"$work/anna.password"
python "$here/sign_up_in_browser.py" "$link" "$work/anna.password"
anna --portal "$portal" login --email anna@example.com --password-file "$work/anna.password" --store file

say "Ben is invited by mail too, and signs up at the shell"
rossi practice invite ben@example.com --name "Ben Carter" >/dev/null
read_letter_to ben@example.com
echo "copper lantern orchid nine" >"$work/ben.password"
echo "$link" | ben signup - --password-file "$work/ben.password" --timezone Europe/London --store file

say "Both book; the letter has the appointment as a calendar file"
from=$(date -d '+3 days' +%F)
anna appointments book "$(anna appointments slots --from "$from" --limit 1 --format ids)"
read_letter_to anna@example.com
ben appointments book "$(ben appointments slots --from "$from" --limit 1 --format ids)"

say "The first server is stopped; the other one goes on at the same address"
kill "${servers[0]}"
wait "${servers[0]}"
servers=("${servers[1]}")
appointment=$(anna appointments list --format ids)
anna appointments reschedule "$appointment" "$(anna appointments slots --from "$(date -d '+8 days' +%F)" --limit 1 --format ids)"
ben appointments cancel "$(ben appointments list --format ids)"
ben appointments list --all

say "The practice sees it all"
rossi practice calendar --from "$from"
rossi practice outbox list
