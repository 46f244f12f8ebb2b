"""Other people's formats: text that they read or write, and the values it stands for."""
