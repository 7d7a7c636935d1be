"""Tries the move to CDK Terrain in a copy of the checkout: `make check-cdktn`. Not a floor of tests."""
