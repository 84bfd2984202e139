"""Results that were stored as JSON, and what becomes of them without their recordings."""
