"""Is a bundle still as good as the one it was made smaller from? See docs/adr/0008-gates.md."""
