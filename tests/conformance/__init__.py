"""Every backend is held to the suite of portalctl.testing."""
