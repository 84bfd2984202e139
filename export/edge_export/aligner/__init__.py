"""What building a forced aligner adds to building a recogniser: its reference, its proof, its stages."""
