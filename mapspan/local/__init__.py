"""Commands for the local cloud, and the sample data that the demo processes."""
