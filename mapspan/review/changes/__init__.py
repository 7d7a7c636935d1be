"""What a plan changes: resources, statements, the definition, losses and cost."""
