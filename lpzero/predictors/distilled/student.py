"""A student: a small regression that says what its teacher said, at no cost, and where its teacher was sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lpzero.errors import InputError, unknown_name
from lpzero.predictors.description import Describes, Description
from lpzero.predictors.design import Design
from lpzero.predictors.distilled.network import Network
from lpzero.predictors.distilled.ranges import Ranges
from lpzero.predictors.distilled.trees import Trees
from lpzero.predictors.kept.arrays import damaged
from lpzero.predictors.kept.document import StudentDocument
from lpzero.predictors.prediction import Fitted, Prediction, PredictionStatus, failed
from lpzero.spaces.architecture import Architecture

DISTILLED = "distilled"
MLP, BOOSTING = "mlp", "boosting"
STUDENTS: Mapping[str, type[Network] | type[Trees]] = {MLP: Network, BOOSTING: Trees}
"""The regressions that learn, by name."""


@dataclass(frozen=True)
class Student:
    """A regression that was taught.

    Attributes:
        kind: One of ``STUDENTS``.
        teacher: Name of who taught it.
        source: What describes architectures.
        model: The regression, on standardised columns and values.
        design: Its columns.
        scales: (2, columns) mean and deviation of the columns.
        target: Mean and deviation of the values.
        ranges: Where the teacher was sure.
        higher_is_better: Which values are better.
        in_unit: Whether they are in the unit of the teacher's labels.
        learnt: Architectures that it was taught.
        labels: The labelled architectures of the teacher.
        noise: Standard deviation between trainings of one model, as of the teacher's labels; None where not known.
    """

    kind: str
    teacher: str
    source: Describes
    model: Network | Trees
    design: Design
    scales: np.ndarray
    target: tuple[float, float]
    ranges: Ranges
    higher_is_better: bool
    in_unit: bool
    learnt: int
    labels: tuple[Architecture, ...]
    noise: float | None = None

    ARRAYS: ClassVar[tuple[str, ...]] = ("whole", "numbers", "design", "scales", "target", "ranges")

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{DISTILLED} {self.teacher}"

    @classmethod
    def taught(
        cls,
        kind: str,
        teacher: Fitted,
        source: Describes,
        described: Sequence[Description],
        said: Sequence[Prediction],
        *,
        seed: int,
        labels: Sequence[Architecture] = (),
    ) -> Student:
        """Teach one by what a teacher says of architectures.

        Where the teacher knows what is like its labels, the ranges are those of what it says is.

        Args:
            kind: One of ``STUDENTS``.
            teacher: Who taught.
            source: What describes architectures.
            described: What they are.
            said: What the teacher says of them, one each; one without a value, or that cannot be described, is passed
                over.
            seed: Of the regression.
            labels: The labelled architectures of the teacher.

        Raises:
            InputError: The kind is unknown, fewer than two have a value, or the teacher is sure of none.
        """
        if kind not in STUDENTS:
            raise unknown_name("student", kind, STUDENTS)
        pairs = zip(described, said, strict=True)
        kept = [(one, found, found.value) for one, found in pairs if found.value is not None and not one.reason]
        if len(kept) < 2:
            reasons = [f.reason for f in said if f.value is None] + [one.reason for one in described if one.reason]
            raise InputError(
                f"expected at least 2 architectures that {teacher.name} has a value of, found {len(kept)}: {reasons[0]}"
            )
        sure = [one for one, found, _ in kept if found.in_support is not False]
        if not sure:
            raise InputError(f"expected architectures that are like the labels of {teacher.name}, found none: add some")
        rows = [one for one, _, _ in kept]
        design = Design.of(rows)
        columns, values = design.matrix(rows), np.array([value for _, _, value in kept], dtype=np.float64)
        scales = np.stack([columns.mean(axis=0), _deviation(columns)])
        target = float(values.mean()), float(_deviation(values[:, None])[0])
        model = STUDENTS[kind].trained((columns - scales[0]) / scales[1], (values - target[0]) / target[1], seed)
        return cls(
            kind,
            teacher.name,
            source,
            model,
            design,
            scales,
            target,
            Ranges.of(sure),
            teacher.higher_is_better,
            teacher.in_unit,
            len(kept),
            tuple(labels),
        )

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What it says of each architecture; outside the ranges with the status ``extrapolated``, without interval."""
        described = self.source.describe(architectures)
        told = [i for i, one in enumerate(described) if not one.reason]
        columns = self.design.matrix([described[i] for i in told])
        found = [failed(self.name, one.reason) for one in described]
        if not told:
            return found
        values = self.model.predict((columns - self.scales[0]) / self.scales[1]) * self.target[1] + self.target[0]
        for row, i in enumerate(told):
            beyond = self.ranges.beyond(described[i])
            status = PredictionStatus.EXTRAPOLATED if beyond else PredictionStatus.OK
            found[i] = Prediction(float(values[row]), None, None, status, not beyond, self.name, beyond)
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """Its numbers, as ``ARRAYS`` names them."""
        return {
            **self.model.arrays(),
            "design": np.stack([self.design.fill, self.design.lowest, self.design.highest]),
            "scales": self.scales,
            "target": np.array(self.target),
            "ranges": np.stack([self.ranges.lowest, self.ranges.highest]),
        }

    def fields(self) -> dict[str, Any]:
        """What its document says of it alone."""
        return {
            "kind": self.kind,
            "teacher": self.teacher,
            "in_unit": self.in_unit,
            "higher_is_better": self.higher_is_better,
            "noise": self.noise,
            "level": None,
            "columns": list(self.design.names),
            "logarithms": list(self.design.logarithms),
            "seen": sorted(self.design.seen),
            "ranges": list(self.ranges.names),
            "learnt": self.learnt,
        }

    @classmethod
    def of(
        cls,
        document: StudentDocument,
        arrays: Mapping[str, np.ndarray],
        source: Describes,
        labels: tuple[Architecture, ...],
        path: Path,
    ) -> Student:
        """Read what a document and its arrays say; raises InputError where they do not fit together."""
        number = len(document.columns)
        try:
            if document.kind not in STUDENTS:
                raise ValueError(f"expected one of {', '.join(STUDENTS)} as its kind, found {document.kind!r}")
            shapes = {"design": (3, number), "scales": (2, number), "target": (2,), "ranges": (2, len(document.ranges))}
            for name, shape in shapes.items():
                if (
                    arrays[name].shape != shape
                    or arrays[name].dtype != np.float64
                    or not np.isfinite(arrays[name]).all()
                ):
                    raise ValueError(f"expected {name} as finite numbers of the shape {shape}")
            if len(document.logarithms) != number or (arrays["scales"][1] <= 0).any() or arrays["target"][1] <= 0:
                raise ValueError("expected a scale above 0 for each column")
            model = STUDENTS[document.kind].of(arrays, number)
        except ValueError as err:
            raise damaged(path, err) from None
        names = tuple(document.columns)
        fill, lowest, highest = arrays["design"]
        design = Design(names, tuple(document.logarithms), 0, fill, lowest, highest, frozenset(document.seen))
        mean, deviation = arrays["target"].tolist()
        return cls(
            document.kind,
            document.teacher,
            source,
            model,
            design,
            arrays["scales"],
            (mean, deviation),
            Ranges(tuple(document.ranges), *arrays["ranges"]),
            document.higher_is_better,
            document.in_unit,
            document.learnt,
            labels,
            document.noise,
        )


def _deviation(columns: np.ndarray) -> np.ndarray:
    """Standard deviations of (architectures, columns), 1 where there is none."""
    found = columns.std(axis=0)
    return np.where(found > 1e-12 * np.maximum(1.0, np.abs(columns).max(axis=0)), found, 1.0)
