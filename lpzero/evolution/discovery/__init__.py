"""What every discovery of a formula does around its search: table and split, run folder, choice, sealed test."""
