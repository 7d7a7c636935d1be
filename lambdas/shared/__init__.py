"""What several functions need. Each function's package holds it too, as `lambdas.shared`; standard library only."""
