"""When a job is due, put together from all its keys: see `compose`."""
