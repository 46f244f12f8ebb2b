"""One attempt's process: start it, stop its whole tree, find it again, bound what it writes.

Knows commands, not jobs, and nothing of the ledger.
"""
