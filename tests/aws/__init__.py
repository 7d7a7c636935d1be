"""Asks AWS what its documentation leaves open: `make test-aws`. Not a floor of tests: pytest collects nothing here."""
