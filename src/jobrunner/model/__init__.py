"""The values that everything else is about: jobs, settings, runs, schedules.  Frozen."""
