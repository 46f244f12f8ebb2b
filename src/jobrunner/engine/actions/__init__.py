"""What an operator can do: run, stop, retry, pause, resume, backfill, wrap a command."""
