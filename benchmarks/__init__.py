"""Speed, beside every peer in the same process run: ``python -m benchmarks``."""
