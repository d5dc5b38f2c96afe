"""What a customer's people see: which policy applies, what comes, and what they were told."""
