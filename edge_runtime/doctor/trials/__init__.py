"""Probes of what a machine can run, each in a process of its own."""
