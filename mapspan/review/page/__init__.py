"""The review as a page: Markdown, text for a terminal, diagrams and the picture."""
