"""The checkpoint as what may be cut of it: families, layout, choices, the smaller model, block by block, the refit."""
