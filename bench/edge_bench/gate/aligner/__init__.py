"""Does a smaller aligner still name the classes that the float32 one names? See docs/adr/0008-gates.md."""
