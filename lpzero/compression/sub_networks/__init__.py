"""Sub-networks of a checkpoint as a space, and a table of how well they recover."""
