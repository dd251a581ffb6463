"""The published tables: a reader for each upstream layout, and the checksums of the upstream files."""
