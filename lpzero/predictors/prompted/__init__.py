"""LLM-PP: the prompt from what a space declares, a language model that is asked, and its replies as predictions."""

from lpzero.predictors.prompted.asking import Asker, Asking
from lpzero.predictors.prompted.predictor import LLM, FittedPrompted, Prompted
from lpzero.predictors.prompted.prompt import PARTS, Prompt
from lpzero.predictors.prompted.task import Task

__all__ = ["LLM", "PARTS", "Asker", "Asking", "FittedPrompted", "Prompt", "Prompted", "Task"]
