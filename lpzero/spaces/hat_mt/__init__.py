"""Encoder-decoder Transformers for machine translation: the space of HAT."""
