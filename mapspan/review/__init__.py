"""What a plan changes, and who may touch what afterwards: the review of a plan, made for a pull request."""
