"""The command line: deploy the pipeline, run it, and read its results."""
