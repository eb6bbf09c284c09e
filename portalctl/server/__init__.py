"""The portal as a server: an ASGI application whose routes are derived from the contract."""
