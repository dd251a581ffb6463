"""Search architectures without training: limits, where candidates come from, algorithms, controls, one run."""
