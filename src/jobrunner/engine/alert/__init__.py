"""Who hears of what happens: letters in the ledger, what they say, and who carries them."""
