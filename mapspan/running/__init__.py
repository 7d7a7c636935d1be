"""Commands that start, watch, stop, retry and redrive runs."""
