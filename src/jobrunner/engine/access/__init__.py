"""Who may do what over the network: tokens, sessions, the first sign-in, and the audit."""
