"""The headers that every answer carries."""

from __future__ import annotations

from portalctl import __version__

EVERYWHERE = [
    (b"server", b"portalctl"),
    (b"portal-version", __version__.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
"""What an answer carries whatever it is."""

PERSONAL = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""What an answer carries that does not say otherwise itself: nobody keeps it, and no browser shows it as a page."""

OVER_TLS = (b"strict-transport-security", b"max-age=31536000")
"""What an answer carries that went over TLS."""
