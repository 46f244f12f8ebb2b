"""What can be wrong with a host, its files and its jobs: a module for each matter."""
