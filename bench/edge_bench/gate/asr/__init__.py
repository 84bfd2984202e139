"""The gate of recognizers: differences of error rates, and behaviors that are new."""
