"""Mail that must not be sent twice: who may send, what a refusal means, claim and settle."""
