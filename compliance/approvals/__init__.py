"""What takes a second person: asked for, decided, and who stands in while somebody is away."""
