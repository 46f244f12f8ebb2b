"""Messages to people and programs: one file a way, behind one door."""
