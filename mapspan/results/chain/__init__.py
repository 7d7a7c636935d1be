"""The chain of a run and its retries, and what became of every key over all of them."""
