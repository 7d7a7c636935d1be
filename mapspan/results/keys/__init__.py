"""Single keys of a run: where each was listed, what became of it, and what the function logged about it."""
