"""The command line: deploy to a local cloud, run, watch."""
