"""The portal's few pages for a browser: an invite, a device that asks to be signed in, a forgotten password.

They are rendered here and need no script. A page reads when it is opened and acts when its form is sent.
"""

from __future__ import annotations

from portalctl.server.pages.failures import failure_page
from portalctl.server.pages.routes import routes

__all__ = ["failure_page", "routes"]
