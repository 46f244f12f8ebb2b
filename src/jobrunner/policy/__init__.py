"""The rules: what is due and what becomes of it, when to try again, when to stop trying."""
