"""What a probe is where nobody says otherwise: stated once, for options, settings and Python alike."""

BATCH = 8
"""Sequences of the token batch."""
TOKENS = 64
"""Tokens of each sequence."""
ELEMENTS = 512
"""Elements of each tensor that a sketch keeps."""
