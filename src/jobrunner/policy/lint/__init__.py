"""What is allowed in jobs.toml and seldom meant: each rule is a function with a code."""
