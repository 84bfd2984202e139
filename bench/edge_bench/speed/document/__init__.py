"""A report as Markdown, and as a page of HTML."""
