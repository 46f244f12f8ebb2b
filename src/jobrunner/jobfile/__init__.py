"""jobs.toml on this host's disk: where it is, whether it may be trusted, how it is edited."""
