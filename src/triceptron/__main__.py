"""``python -m triceptron``."""

from triceptron.cli import main

main()
