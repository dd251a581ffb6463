"""Sub-networks of a trained checkpoint that still speak: what may go, what stays, and the files of what is left."""
