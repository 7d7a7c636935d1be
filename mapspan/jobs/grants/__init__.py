"""The proof that a job may do what its environment's settings say, and nothing else."""
