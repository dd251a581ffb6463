"""A predictor whose teacher is fitted to the labels, and whose student is taught by the teacher."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from lpzero.predictors.description import Describes
from lpzero.predictors.distilled.student import DISTILLED, Student
from lpzero.predictors.prediction import Labelled, Predictor
from lpzero.spaces.architecture import Architecture


@dataclass(frozen=True)
class Distilled:
    """A teacher and who learns from it.

    Attributes:
        teacher: The teacher, not yet fitted.
        kind: Which student, by its name in ``STUDENTS``.
        source: What describes architectures to the student.
        pool: Those that it is taught by.
        seed: Of the student.
    """

    teacher: Predictor
    kind: str
    source: Describes
    pool: tuple[Architecture, ...]
    seed: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{DISTILLED} {self.teacher.name}"

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """What is asked when it is used is the student."""
        return "cheap"

    def fit(self, labelled: Labelled) -> Student:
        """Fit the teacher, ask it about the pool, and teach; raises as the teacher and :meth:`Student.taught` do."""
        teacher = self.teacher.fit(labelled)
        said, described = teacher.predict(self.pool), self.source.describe(self.pool)
        labels = labelled.ordered().architectures
        student = Student.taught(self.kind, teacher, self.source, described, said, seed=self.seed, labels=labels)
        return replace(student, noise=labelled.noise)
