"""The closed process in which learners' code runs: its limits, its channel, and what it writes down."""
