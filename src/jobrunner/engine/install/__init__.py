"""Has cron or systemd tick for a jobs.toml, and undoes it."""
