"""A schedule of predictors: an evolution whose architectures a cheap predictor scores first and a dear one later."""
