"""Acquisition: which architectures to train next, by what is known of those that were tried."""
