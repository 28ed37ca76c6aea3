"""The exercise's functions, found by name: called with data of ours, and held against our own."""
