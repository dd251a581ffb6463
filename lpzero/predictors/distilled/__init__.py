"""LLM-Distill-PP: what a predictor says of many architectures, taught to a small regression."""

from lpzero.predictors.distilled.pool import NUMBER, draw_pool
from lpzero.predictors.distilled.predictor import Distilled
from lpzero.predictors.distilled.student import BOOSTING, DISTILLED, MLP, STUDENTS, Student

__all__ = ["BOOSTING", "DISTILLED", "MLP", "NUMBER", "STUDENTS", "Distilled", "Student", "draw_pool"]
