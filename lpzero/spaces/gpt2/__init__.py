"""GPT-2: decoders of LiteTransformerSearch with adaptive embeddings, and those that lpzero trains itself."""
