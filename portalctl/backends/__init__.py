"""Ways to reach a portal, chosen by the scheme of its URL."""
