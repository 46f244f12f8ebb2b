"""Classic crontabs: taken over as jobs, and written from jobs."""
