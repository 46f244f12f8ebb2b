"""Jobs that move in from other schedulers, and out to them."""
