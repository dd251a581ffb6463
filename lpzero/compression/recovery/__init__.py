"""Recovery: a sub-network learns from the checkpoint that it was cut out of."""
