"""Anyone's program: run as its author would run it, and judged by the record of its run."""
