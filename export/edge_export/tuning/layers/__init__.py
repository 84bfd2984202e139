"""Which layers lose most: the error of every product as a form of graphs computes it."""
