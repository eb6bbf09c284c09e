"""What the portal file holds and survives."""
