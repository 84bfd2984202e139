"""A build from its options to an installed bundle."""
