"""A primitive, a metric, a space and a predictor that lpzero finds by the entry points of this package."""
