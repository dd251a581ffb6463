"""What one forward and backward pass of an untrained model shows: batches, extraction, sketches, the bank."""
