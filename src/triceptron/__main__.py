"""The command line's entry, and ``python -m triceptron``: quiet when Ctrl-C comes while it still loads."""

import sys

__all__ = ["main"]


def main() -> None:
    """Load the commands and run them."""
    try:
        from triceptron import cli
    except KeyboardInterrupt:
        sys.exit(1)
    cli.main()


if __name__ == "__main__":
    main()
