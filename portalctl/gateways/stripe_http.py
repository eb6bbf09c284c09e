"""How Stripe's library reaches it: over connections that many threads share and one call closes.

Imported when Stripe is first asked, since it imports the library.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import stripe


class SharedConnections(stripe.HTTPClient):
    """An HTTP client for Stripe's library. Seconds are how long a connection, and how long an answer may take."""

    name = "httpx"

    def __init__(self, connect_seconds: float, answer_seconds: float) -> None:
        super().__init__()
        self._connections = httpx.Client(timeout=httpx.Timeout(answer_seconds, connect=connect_seconds))

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | bytes | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request. Raises stripe.APIConnectionError where no answer came."""
        try:
            answer = self._connections.request(method, url, headers=headers, content=post_data)
        except httpx.HTTPError as error:
            why = f"no answer: {type(error).__name__}"
            raise stripe.APIConnectionError(why) from None  # type: ignore[no-untyped-call]  # the library's own lacks types
        return answer.text, answer.status_code, answer.headers

    def close(self) -> None:
        """Let go of the connections."""
        self._connections.close()
