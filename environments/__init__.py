"""What differs between deployments: one TOML file per environment, and the types that check it."""
