"""jobs.toml: text in, values out, or every problem at once."""
