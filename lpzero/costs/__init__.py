"""What an architecture costs: counted from its shape or measured on its model, and the limits on that."""
