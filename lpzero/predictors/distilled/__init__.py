"""LLM-Distill-PP: what a predictor says of many architectures, taught to a small regression."""

from lpzero.predictors.distilled.student import BOOSTING, DISTILLED, MLP, STUDENTS, Student

__all__ = ["BOOSTING", "DISTILLED", "MLP", "STUDENTS", "Student"]
