"""What supervisors and auditors look at: who does what, what waits for approval, what comes of it."""
