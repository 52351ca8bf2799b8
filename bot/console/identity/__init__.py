"""Who somebody is: logging in, staying logged in, and the console's people."""
