"""The command ``triceptron``, and ``python -m triceptron``."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; Ctrl-C while Python is still reading the modules ends it without a word."""
    try:
        from triceptron import cli
    except KeyboardInterrupt:
        sys.exit(1)
    cli.main()


if __name__ == "__main__":
    main()
