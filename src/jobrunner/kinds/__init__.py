"""What one attempt executes: from a job and a run to a value that says what to launch."""
