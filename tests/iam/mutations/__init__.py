"""Widens every statement on purpose, and counts what the proofs notice: `python -m tests.iam.mutations`."""
