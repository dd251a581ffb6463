"""Many formulas on one model in one traversal of its tensors, none of which is kept."""
