"""What the commands do, in this process and in real ones."""
