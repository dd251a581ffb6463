"""Transformer-XL: decoders of LiteTransformerSearch with relative positions."""
