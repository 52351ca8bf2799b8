"""Rules and wording in plain words: read, tried, changed by two people."""
