"""The gate of recognizers: error rates and behaviours, paired."""
