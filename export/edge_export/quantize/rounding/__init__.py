"""How a matrix is rounded to codes."""
