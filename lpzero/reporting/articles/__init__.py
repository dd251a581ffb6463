"""What a page says of each kind of run."""
