"""The review of a plan: what it changes, and who may access what afterwards."""
