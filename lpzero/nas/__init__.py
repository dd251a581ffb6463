"""Neural architecture search without training: where candidates come from, algorithms, controls, one run."""
