"""NAS-Bench-201: cells of image classifiers, as architectures without models."""
