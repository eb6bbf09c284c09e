"""The worker that sends the portal's mail from within a server process."""

from __future__ import annotations

import threading

from portalctl import errors
from portalctl.domain.office import Office
from portalctl.mail.dispatch import A_ROUND, send_due
from portalctl.mail.smtp import Relay
from portalctl.server.logs import Log, frames

PAUSE_SECONDS = 3.0
"""How long it rests when nothing is due."""


class Mailing(threading.Thread):
    """Sends what is due, round after round. Any number of processes may do so at once."""

    def __init__(self, office: Office, relay: Relay, log: Log, pause: float = PAUSE_SECONDS) -> None:
        super().__init__(name="mailing", daemon=True)
        self._office = office
        self._relay = relay
        self._log = log
        self._pause = pause
        self._is_over = threading.Event()

    def run(self) -> None:
        """Work until told to stop. Whatever goes wrong is told, and tried again later."""
        while not self._is_over.is_set():
            pause = self._pause
            try:
                came_to = send_due(self._office, self._relay, is_over=self._is_over.is_set)
                total = sum(came_to.model_dump().values())
                if total:
                    self._log.info("mail", **came_to.model_dump())
                if total >= A_ROUND and not came_to.postponed:
                    pause = 0
            except Exception as error:  # noqa: BLE001  a letter that cannot be sent ends nothing else
                code = error.code if isinstance(error, errors.PortalError) else "unexpected"
                self._log.error("mail", code=code, error=type(error).__name__, at=frames(error))
            self._is_over.wait(pause)

    def stop(self) -> None:
        """Finish the letter under way, and end."""
        self._is_over.set()
        self.join(60)
