"""Statements that PostgreSQL alone is asked."""
