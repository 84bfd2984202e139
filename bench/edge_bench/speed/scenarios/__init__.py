"""How queries come: MLPerf's scenarios, by its names."""
