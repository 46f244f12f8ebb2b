"""Changes of jobs.toml that somebody asks for: drafted, checked, written, told."""
