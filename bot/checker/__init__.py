"""A second opinion on our own conduct: it judges by the policy files alone and shares no code with what it judges."""
