"""Neural architecture search without training: where architectures come from, algorithms, controls, one run."""
