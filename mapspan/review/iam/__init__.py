"""IAM decisions: accounts as the decision engine reads them, and the engine itself."""
