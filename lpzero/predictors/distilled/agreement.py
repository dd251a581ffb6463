"""How far a student says what its teacher says, of architectures that it was not taught."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpzero.fitness.batch import correlation_over
from lpzero.predictors.prediction import Prediction
from lpzero.predictors.result import AgreementFigures


def agreement(teacher: Sequence[Prediction], student: Sequence[Prediction]) -> AgreementFigures:
    """Compare what both say, where both have a value and the student takes the architecture for one it knows.

    Args:
        teacher: What the teacher says, one an architecture.
        student: What the student says of the same.
    """
    pairs = [
        (one.value, other.value)
        for one, other in zip(teacher, student, strict=True)
        if one.value is not None and other.value is not None and other.in_support
    ]
    known = [(one.in_support, other.in_support) for one, other in zip(teacher, student, strict=True)]
    told = [one == other for one, other in known if one is not None]
    support = round(sum(told) / len(told), 6) if told else None
    if len(pairs) < 2:
        return AgreementFigures(n=len(pairs), tau_a=None, mae=None, support=support)
    values, wanted = np.array([two for _, two in pairs]), np.array([one for one, _ in pairs])
    found = correlation_over(values, wanted, None)
    return AgreementFigures(
        n=len(pairs),
        tau_a=None if found is None else round(float(found.tau_a), 6),
        mae=round(float(np.abs(values - wanted).mean()), 9),
        support=support,
    )
