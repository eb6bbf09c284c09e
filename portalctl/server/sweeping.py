"""The worker that lets go of bodies that nothing refers to any more, and of removed cards, from within a server."""

from __future__ import annotations

import threading

from portalctl import errors
from portalctl.domain.cards import forget_removed
from portalctl.domain.office import Office
from portalctl.domain.sweeping import Sweep
from portalctl.server.logs import Log, frames

PAUSE_SECONDS = 60.0
"""How long it rests between two rounds."""

CARDS_A_ROUND = 20
"""How many removed cards their providers are told to forget in one round."""


class Sweeping(threading.Thread):
    """Goes round while the server runs. Any number of processes may do so at once."""

    def __init__(self, office: Office, log: Log, pause: float = PAUSE_SECONDS) -> None:
        super().__init__(name="sweeping", daemon=True)
        self._office = office
        self._sweep = Sweep(office)
        self._log = log
        self._pause = pause
        self._is_over = threading.Event()

    def run(self) -> None:
        """Work until told to stop. Whatever goes wrong is told, and tried again later."""
        while not self._is_over.wait(self._pause):
            try:
                gone = self._sweep.round()
                if gone:
                    self._log.info("sweep", bodies=gone)
                forget_removed(self._office, CARDS_A_ROUND)
            except Exception as error:  # noqa: BLE001  what cannot be swept ends nothing else
                code = error.code if isinstance(error, errors.PortalError) else "unexpected"
                self._log.error("sweep", code=code, error=type(error).__name__, at=frames(error))

    def stop(self) -> None:
        """Finish the round under way, and end."""
        self._is_over.set()
        self.join(60)
