"""What an operator sees: each view is made of values, and its fields are the keys of its JSON."""
