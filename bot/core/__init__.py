"""The decision: pure functions from a case and an event to a decision. No I/O, no clock, no randomness."""
