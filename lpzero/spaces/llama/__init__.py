"""LLaMA: decoders drawn around a published size, or cut out of a checkpoint."""
