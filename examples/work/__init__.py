"""The examples' function."""
