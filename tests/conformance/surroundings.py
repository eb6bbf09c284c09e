"""What is around a portal under test: where its mail arrives, and what would take long to use up."""

from __future__ import annotations

import re
from collections.abc import Callable

from portalctl.domain import delivery, throttle
from portalctl.domain.office import Office
from portalctl.mail.dispatch import send_all
from portalctl.mail.smtp import Relay
from portalctl.storage import throttles
from tests.mail.relay import MailServer


def mailed_code(office: Office, letters: MailServer) -> Callable[[str], str]:
    """Sends what is due to an address, and reads the latest code, or that of the latest link, that went there."""

    def read(address: str) -> str:
        with office.store.writing() as tx:  # hundreds of others are as if another process had taken them
            tx.run(
                "UPDATE outbox SET claimed_until = CASE WHEN recipient = :address THEN 0 ELSE :later END"
                " WHERE state = 'waiting'",
                address=address,
                later=int(office.clock().timestamp()) + delivery.LEASE,
            )
        send_all(office, Relay.at(letters.url))
        codes = [
            found[1]
            for message in letters.to(address)
            for part in message.walk()
            if part.get_content_type() == "text/plain"
            for found in re.finditer(r"(?:/reset/|^  )((?:rst|emc)_\S+)", part.get_content(), re.MULTILINE)
        ]
        return codes[-1]

    return read


def use_up(office: Office) -> Callable[[str, str], None]:
    """Takes all invites that an account may make at once."""

    def spend(operation: str, account_id: str) -> None:
        assert operation == "invites.create"
        of_account, _ = throttle.invites_by(account_id, office.address)
        at = int(office.clock().timestamp())
        with office.store.writing() as tx:
            whole_at = at + of_account.burst * of_account.seconds
            throttles.put(tx, of_account.name, failures=0, failed_at=at, blocked_until=whole_at)

    return spend
