"""Timers and services of systemd: taken over as jobs, and written from jobs."""
