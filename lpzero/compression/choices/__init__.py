"""Choices as a table: what single replacements cost a checkpoint, and formulas that tell it by what its units do."""
