"""`python -m portalctl`, and the program `portalctl`."""

from __future__ import annotations


def main() -> None:
    """Run the program."""
    from portalctl.app import main as run

    run()


if __name__ == "__main__":
    main()
