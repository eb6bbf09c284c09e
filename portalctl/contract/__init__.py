"""What a portal can do, declared once: signatures and promises only."""
