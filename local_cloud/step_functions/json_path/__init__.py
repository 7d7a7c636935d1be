"""JSONPath, the query language that a definition has unless it names JSONata."""
