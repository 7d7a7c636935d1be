"""Many runs at once: their numbers from their summaries, as a table, a trend and a page."""
