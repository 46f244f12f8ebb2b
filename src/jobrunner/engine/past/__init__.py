"""What was: runs as rows, what they wrote, and why a slot did or did not become one."""
