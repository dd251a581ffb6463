"""What a predictor on disk is made of: the documents, a kind each, and the arrays beside them."""
