"""A primitive, a metric and a space that lpzero finds by the entry points of this package."""
