"""Stand-ins for what a portal server has around it: a PostgreSQL and a mail server, for as long as somebody needs them.

Prints the database's URL, then the mail server's, then a line for each letter: to whom, a link in it, what it is about.
Ends when its standard input does, and leaves nothing behind. A real portal has a PostgreSQL that somebody looks after,
and a mail server that delivers.
"""

import re
import sys
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.postgres import running_postgres


class Printed:
    """Prints what comes."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002  aiosmtpd calls it so
        """Take one letter."""
        letter = message_from_bytes(envelope.content or b"", policy=policy.default)
        body = letter.get_body(("plain",))
        link = re.search(r"https?://\S+", body.get_content() if body is not None else "")
        print(letter["To"].addresses[0].addr_spec, link[0] if link else "-", letter["Subject"], flush=True)
        return "250 OK"


class MailServer(Controller):
    """On a port that the kernel chooses, and that is then known."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


mail = MailServer(Printed(), hostname="127.0.0.1", port=0)
with running_postgres() as postgres:
    mail.start()
    print(postgres.url, f"smtp://127.0.0.1:{mail.port}", sep="\n", flush=True)
    sys.stdin.read()
    mail.stop()
