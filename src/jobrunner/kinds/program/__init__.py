"""Programs that run as an attempt's own process, as the job's user."""
