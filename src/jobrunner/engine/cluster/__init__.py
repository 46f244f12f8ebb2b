"""One supervisor among those of many hosts that share a ledger."""
