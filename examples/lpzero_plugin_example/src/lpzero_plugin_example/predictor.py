"""A predictor: the mean quality of the labels whose number of layers is the nearest; a file can keep it."""

from dataclasses import dataclass
from statistics import fmean

from lpzero.errors import InputError
from lpzero.predictors import Describes, Labelled, Prediction, PredictionStatus
from lpzero.spaces import Architecture


@dataclass(frozen=True)
class FittedNearestDepth:
    """What is known of each depth; it is told nothing else of an architecture."""

    means: dict[str, float]
    higher_is_better: bool
    name = "nearest-depth"
    in_unit = True

    def predict(self, architectures: list[Architecture]) -> list[Prediction]:
        """The mean of the nearest depth, the lesser one of two."""
        nearest = [min(self.means, key=lambda depth, one=one: abs(int(depth) - one.depth)) for one in architectures]
        return [Prediction(self.means[one], None, None, PredictionStatus.OK, None, self.name) for one in nearest]

    def to_document(self) -> dict[str, object]:
        """What a file keeps of it."""
        return {"means": self.means, "higher_is_better": self.higher_is_better}


@dataclass(frozen=True)
class NearestDepth:
    """What fits it, and reads it again from what a file keeps."""

    source: Describes
    level: float
    name = "nearest-depth"
    cost = "cheap"

    def fit(self, labelled: Labelled) -> FittedNearestDepth:
        """Average the labels of each depth."""
        of: dict[str, list[float]] = {}
        for architecture, quality in zip(labelled.architectures, labelled.quality.tolist(), strict=True):
            of.setdefault(str(architecture.depth), []).append(quality)
        return FittedNearestDepth({depth: fmean(of[depth]) for depth in sorted(of)}, labelled.higher_is_better)

    def from_document(self, document: dict[str, object]) -> FittedNearestDepth:
        """Read it again; the file may be damaged."""
        means, higher = document.get("means"), document.get("higher_is_better")
        if not (isinstance(means, dict) and means and all(isinstance(one, float) for one in means.values())):
            raise InputError(f"means: expected a number for each depth, found {means!r}")
        if not isinstance(higher, bool):
            raise InputError(f"higher_is_better: expected true or false, found {higher!r}")
        return FittedNearestDepth({str(int(depth)): mean for depth, mean in means.items()}, higher)
