"""Files of this machine on their way to a portal, and documents on their way here: opened, sent, fetched, landed."""
