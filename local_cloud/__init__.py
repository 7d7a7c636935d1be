"""Two AWS accounts in one process tree on loopback, with IAM enforced."""
