"""The check whether the source account lets the pipeline in."""
