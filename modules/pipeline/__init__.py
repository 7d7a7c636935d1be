"""mapspan's own pipeline: one stack per environment."""
