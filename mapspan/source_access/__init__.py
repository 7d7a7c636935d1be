"""Checks whether the source account lets the pipeline in."""
