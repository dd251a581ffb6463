"""The comparison of LLM-PP without a language model: ten trained architectures, and what is said of twenty others.

Each of the three published splits of each task labels ten architectures of ``hat-mt``. Beside supernets and regressions
stand what nobody needs a predictor for (the mean of the labels, a line through one count) and what ranks alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from record import record
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lpzero import Workers
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.predictors import (
    Calibrated,
    Known,
    Labelled,
    Measured,
    Prediction,
    PredictionStatus,
    Predictor,
    Regression,
    Source,
)
from lpzero.predictors.baselines import MeanOfLabels
from lpzero.predictors.calibrated import LINEAR, OFFSET
from lpzero.predictors.description import GROUPS, SHAPE, SPEC
from lpzero.predictors.evaluation import Trained, evaluated, published_splits
from lpzero.predictors.regression import GAUSSIAN_PROCESS, RIDGE
from lpzero.spaces import Architecture
from lpzero.spaces.hat_mt.plan import ENCODER_LAYERS, VOCABULARIES
from lpzero.tables import Table, load_table
from lpzero.tables.published.hat_mt import LABELLED

SUPERNETS = ("hat", "sandwich", "layer-wise-mos", "neuron-wise-mos")
COUNTS = ("params", "gflops", "latency")
PENALTIES = np.logspace(-3, 3, 25)


def hat_features(architecture: Architecture) -> list[float]:
    """The ten features that LLM-Distill-PP and HAT describe an architecture by, each over its largest value.

    Widths, numbers of layers, and means over the layers of a stack: of feed-forward widths, heads, and of the choice of
    what the decoder attends to, from -1 to 2, brought to 0 to 1.
    """
    layers = [architecture.layer(index) for index in range(architecture.depth)]
    encoder, decoder = layers[:ENCODER_LAYERS], layers[ENCODER_LAYERS:]

    def mean(stack: Sequence[dict[str, Any]], name: str) -> float:
        return float(np.mean([layer[name] for layer in stack]))

    return [
        int(architecture["encoder_embed_dim"]) / 640,
        len(encoder) / 6,
        mean(encoder, "encoder_ffn_embed_dim") / 3072,
        mean(encoder, "encoder_self_attention_heads") / 8,
        int(architecture["decoder_embed_dim"]) / 640,
        len(decoder) / 6,
        mean(decoder, "decoder_ffn_embed_dim") / 3072,
        mean(decoder, "decoder_self_attention_heads") / 8,
        mean(decoder, "decoder_ende_attention_heads") / 8,
        (1 + mean(decoder, "decoder_arbitrary_ende_attn")) / 3,
    ]


@dataclass(frozen=True)
class HatRidge:
    """Ridge regression on the ten features and the published GFLOPs, its penalty by the error of labels left out.

    Attributes:
        gflops: The column.
        model: The fitted regression; None before.
        name: What it is called.
        higher_is_better: As BLEU.
        in_unit: It says BLEU.
        cost: Nothing is built or trained.
    """

    gflops: Measured
    model: Any = None
    name: str = "ridge on 10 features and GFLOPs"
    higher_is_better: bool = True
    in_unit: bool = True
    cost: Literal["cheap", "expensive"] = "cheap"

    def fit(self, labelled: Labelled) -> HatRidge:
        """Fit it: the mean absolute error of labels that are left out one by one decides the penalty."""
        ridge = RidgeCV(alphas=PENALTIES, scoring="neg_mean_absolute_error")
        model = make_pipeline(StandardScaler(), ridge)
        return HatRidge(self.gflops, model.fit(self._columns(labelled.architectures), labelled.quality))

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What it says, without intervals."""
        values = self.model.predict(self._columns(architectures))
        return [Prediction(float(one), None, None, PredictionStatus.OK, None, self.name) for one in values]

    def _columns(self, architectures: Sequence[Architecture]) -> np.ndarray:
        counted = [one.value for one in self.gflops.predict(architectures)]
        return np.array([[*hat_features(one), count] for one, count in zip(architectures, counted, strict=True)])


def predictors(table: Table, groups: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, Predictor]]:
    """Every predictor of a table, and what it is.

    Args:
        table: One of ``hat-mt``.
        groups: What regressions are told, each once.
    """
    space, architectures = table.search_space(), [record.architecture for record in table.records]
    supernets = [(name, Measured.of(table, name)) for name in SUPERNETS]
    for name, measured in supernets:
        yield f"{name}, as it is", measured
    for name in COUNTS:
        yield f"{name}, as a ranking", Measured.of(table, name)
    gflops = Measured.of(table, "gflops")
    yield "mean of the labels", MeanOfLabels()
    yield "line through GFLOPs", Calibrated(gflops, LINEAR, space)
    yield "ridge on 10 features and GFLOPs", HatRidge(gflops)
    for group in groups:
        source = Known.of(Source(space, group, (), Probe(), cache_home(), Workers(jobs=1)), architectures)
        for kind in (RIDGE, GAUSSIAN_PROCESS):
            yield f"{kind} on {', '.join(group)}", Regression(kind, source)
    for name, measured in supernets:
        yield f"{name} and the labels' mean distance", Calibrated(measured, OFFSET, space)


def rows(task: str, groups: Sequence[tuple[str, ...]]) -> Iterator[list[Any]]:
    """The cells of a task's predictors."""
    table = load_table(f"hat-mt-{task}")
    trained = Trained.of(table, table.search_space(), noise=None, within=1.25, seed=0)
    for what, predictor in predictors(table, groups):
        row = evaluated(predictor, trained, LABELLED, published_splits(table), lambda: None)
        spread = [cell for one in (row.mae, row.tau_b, row.tau_a) for cell in (one.mean, one.sd)]
        yield [task, what, *("-" if cell is None else cell for cell in (*spread, row.coverage.mean))]


def main() -> None:
    """Compare on all three tasks, and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without-models", action="store_true", help="Tell no regression of untrained models.")
    options = parser.parse_args()
    groups = [(SPEC,), (SPEC, SHAPE), *([] if options.without_models else [GROUPS])]
    found = [row for task in VOCABULARIES for row in rows(task, groups)]
    header = ["task", "predictor", "MAE", "sd", "tau-b", "its sd", "tau-a", "sd of that", "coverage of 90 %"]
    facts = {
        "splits": "the three published ones, 10 labelled and 20 asked; mean and sample standard deviation over them",
        "tau": "tau-b is what scipy.stats.kendalltau gives",
    }
    command = "python benchmarks/hat_mt.py" + (" --without-models" if options.without_models else "")
    record("hat-mt", command, header, found, **facts)


if __name__ == "__main__":
    main()
