"""The local cloud's commands, and the sample objects that the demo processes."""
