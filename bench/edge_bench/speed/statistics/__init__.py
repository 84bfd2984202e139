"""Percentiles, rates and steadiness of measured times, each with its uncertainty."""
