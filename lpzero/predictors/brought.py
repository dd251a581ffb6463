"""Predictors that other packages bring: fitted to labels like every other one, under the name of their plug-in."""

from __future__ import annotations

from collections.abc import Callable

from lpzero import plugins
from lpzero.errors import InputError
from lpzero.predictors.description import Describes
from lpzero.predictors.distilled import DISTILLED
from lpzero.predictors.measured import PREFIX
from lpzero.predictors.prediction import Predictor
from lpzero.predictors.prompted import LLM
from lpzero.predictors.regression import MODELS

Make = Callable[[Describes, float], Predictor]
"""Makes a predictor of what describes architectures to it, and the confidence level of its intervals."""


def _checked(name: str, value: object) -> Make:
    """What makes a predictor that a package brings; raises InputError where it cannot be called."""
    if not callable(value):
        raise InputError(f"expected a class or function that makes a predictor, found {type(value).__name__}")

    def make(source: Describes, level: float) -> Predictor:
        made: Predictor = value(source, level)
        missing = [part for part in ("name", "cost", "fit") if not hasattr(made, part)]
        if missing:
            lacks = f"{type(made).__name__} without {', '.join(missing)}"
            raise InputError(f"predictor {name!r}: expected a lpzero.predictors.Predictor, found {lacks}")
        return made

    return make


BROUGHT = plugins.Kind("predictors", (LLM, DISTILLED, *MODELS, PREFIX.rstrip(":")), _checked)
"""Predictors of installed packages."""


def brought(name: str) -> Make | None:
    """What makes the predictor of a name; None where no package brings one.

    Raises:
        InputError: One is brought, but cannot be used.
    """
    return plugins.find(BROUGHT, name)
