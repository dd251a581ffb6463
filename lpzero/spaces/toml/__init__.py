"""Spaces of TOML files: configurations of transformers, described without Python."""
