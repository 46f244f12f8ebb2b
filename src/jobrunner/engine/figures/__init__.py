"""Figures that an operator asks for: what runs came to, what did not run, what is to come."""
