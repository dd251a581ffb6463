"""What a model that does not name its sites is made of, read off one forward pass."""
