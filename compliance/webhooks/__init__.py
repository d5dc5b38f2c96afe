"""What a customer's own systems are told: signed posts to public addresses, and nowhere else."""
