"""FlexiBERT: encoders whose layers differ in operation, heads and feed-forward."""
