"""The review as a page: Markdown, the terminal, diagrams and the picture."""
