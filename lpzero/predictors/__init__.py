"""Predictors: a few trainings, turned into what to expect of others, between what, and how far that can be trusted."""

from lpzero.predictors.calibrated import Calibrated, Scores
from lpzero.predictors.description import Describes, Description, Known, Source
from lpzero.predictors.lookup import LookUp
from lpzero.predictors.measured import Measured
from lpzero.predictors.prediction import Fitted, Labelled, Prediction, PredictionStatus, Predictor
from lpzero.predictors.regression import Regression

__all__ = [
    "Calibrated",
    "Describes",
    "Description",
    "Fitted",
    "Known",
    "Labelled",
    "LookUp",
    "Measured",
    "Prediction",
    "PredictionStatus",
    "Predictor",
    "Regression",
    "Scores",
    "Source",
]
