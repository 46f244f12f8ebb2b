"""What stands around the page: where it listens, and the processes that serve it."""
