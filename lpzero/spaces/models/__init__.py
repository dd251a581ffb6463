"""What models are made of, whatever their family, and where they are looked at: sites, weights, outputs, counts."""
