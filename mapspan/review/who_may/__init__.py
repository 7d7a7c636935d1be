"""Who may do what with either account's data, before and after a plan."""
