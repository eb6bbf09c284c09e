"""The rules: implements the contract; no Typer, no HTTP, no SQL."""
