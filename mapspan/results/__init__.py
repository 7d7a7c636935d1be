"""What a finished run did: its results, its failures by cause, and the report."""
