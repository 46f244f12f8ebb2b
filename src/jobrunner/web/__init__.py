"""The page and the API: requests in, use cases of the engine called, responses out."""
