"""The use cases: the only part that knows all the others below."""
