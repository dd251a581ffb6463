"""A user's own model: found, loaded, scored with its costs and percentiles, and on request in a process of its own."""
