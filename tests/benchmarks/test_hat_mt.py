"""The comparison on machine translation: figures that are known of the published files, to two decimals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hat_mt
import numpy as np
import pytest
from scipy import stats

from lpzero.predictors import Calibrated, Measured, Regression, Source
from lpzero.predictors.baselines import MeanOfLabels
from lpzero.predictors.evaluation import Trained, evaluated, published_splits
from lpzero.spaces import Architecture
from lpzero.tables import Table, load_table

TASKS = ("wmt14ende", "wmt14enfr", "wmt19ende")
# mean absolute error and tau-b over the three splits, known from another computation on the same files
KNOWN = {
    "hat": ((1.14, 0.71), (1.59, 0.79), (0.91, 0.72)),
    "sandwich": ((1.05, 0.81), (1.27, 0.78), (0.91, 0.72)),
    "layer-wise-mos": ((0.97, 0.56), (1.16, 0.79), (0.96, 0.74)),
    "neuron-wise-mos": ((0.87, 0.79), (1.18, 0.87), (0.87, 0.67)),
    "params": ((None, 0.58), (None, 0.69), (None, 0.69)),
    "gflops": ((None, 0.43), (None, 0.53), (None, 0.54)),
    "latency": ((None, 0.61), (None, 0.66), (None, 0.61)),
}
LABELLED = {
    "mean": (0.57, 0.59, 0.71),
    "line": (0.37, 0.39, 0.45),
    "hat": (0.27, 0.25, 0.20),
    "neuron-wise-mos": (0.14, 0.15, 0.27),
}


@pytest.fixture(scope="module")
def tables(data: Path) -> list[Table]:
    return [load_table(f"hat-mt-{task}", data=data) for task in TASKS]


def judged(table: Table, predictor: Any) -> Any:
    trained = Trained.of(table, table.search_space(), noise=None, within=1.25, seed=0)
    return evaluated(predictor, trained, 10, published_splits(table), lambda: None)


def near(found: float | None, known: float) -> bool:
    """Whether a figure is the known one to two decimals."""
    return found is not None and abs(found - known) <= 0.005 + 1e-9


def test_the_known_figures_are_met(tables: list[Table]) -> None:
    for name, figures in KNOWN.items():
        for table, (error, tau) in zip(tables, figures, strict=True):
            row = judged(table, Measured.of(table, name))
            assert near(row.tau_b.mean, tau)
            assert row.mae.mean is None if error is None else near(row.mae.mean, error)
            # worked out again, without anything of lpzero
            quality, said = table.qualities, np.array(table.beside.column(name).values)
            asked = [list(split.asked) for split in table.beside.splits]
            assert row.tau_b.mean == pytest.approx(
                np.mean([stats.kendalltau(said[one], quality[one]).statistic for one in asked]), abs=1e-6
            )
            if error is not None:
                errors = [np.abs(said[one] - quality[one]).mean() for one in asked]
                assert row.mae.mean == pytest.approx(np.mean(errors), abs=1e-6)
                assert row.mae.sd == pytest.approx(np.std(errors, ddof=1), abs=1e-6)


def test_the_known_tau_is_tau_b(tables: list[Table]) -> None:
    row = judged(tables[2], Measured.of(tables[2], "neuron-wise-mos"))
    assert near(row.tau_b.mean, 0.67)
    assert not near(row.tau_a.mean, 0.67)


def test_ten_labels_bring_supernets_to_their_place_and_lines_and_means_are_the_known_ones(tables: list[Table]) -> None:
    for i, table in enumerate(tables):
        space = table.search_space()
        assert near(judged(table, MeanOfLabels()).mae.mean, LABELLED["mean"][i])
        line = Calibrated(Measured.of(table, "gflops"), "linear", space, None)
        assert near(judged(table, line).mae.mean, LABELLED["line"][i])
        for name in ("hat", "neuron-wise-mos"):
            row = judged(table, Calibrated(Measured.of(table, name), "offset", space, None))
            assert near(row.mae.mean, LABELLED[name][i])
            # the ranking is the supernet's own
            assert near(row.tau_b.mean, KNOWN[name][i][1])


def test_the_ridge_on_ten_features_is_the_known_one(tables: list[Table]) -> None:
    for table, (error, tau) in zip(tables, ((0.29, 0.69), (0.22, 0.81), (0.33, 0.66)), strict=True):
        row = judged(table, hat_mt.HatRidge(Measured.of(table, "gflops")))
        assert near(row.mae.mean, error)
        assert near(row.tau_b.mean, tau)


def test_the_ridge_of_lpzero_is_within_reach(tables: list[Table], counted: Any) -> None:
    for table, error, tau in zip(tables, (0.36, 0.30, 0.40), (0.60, 0.70, 0.55), strict=True):
        row = judged(table, Regression("ridge", counted(table), None))
        assert row.mae.mean <= error
        assert row.tau_a.mean >= tau


@pytest.fixture
def counted(tmp_path: Path) -> Any:
    """What is told of an architecture where no model is built."""
    from lpzero.operands.probe import Probe

    return lambda table: Source(table.search_space(), ("spec",), (), Probe(), tmp_path)


def test_the_ten_features_of_an_architecture_by_hand() -> None:
    encoder = [
        {"encoder_ffn_embed_dim": 1024 * width, "encoder_self_attention_heads": 4} for width in (1, 1, 2, 2, 3, 3)
    ]
    decoder = [
        {
            "decoder_ffn_embed_dim": 3072,
            "decoder_self_attention_heads": heads,
            "decoder_ende_attention_heads": 8,
            "decoder_arbitrary_ende_attn": span,
        }
        for heads, span in ((4, -1), (8, 2))
    ]
    one = Architecture.of("hat-mt", {"encoder_embed_dim": 512, "decoder_embed_dim": 640}, [*encoder, *decoder])
    expected = [0.8, 1, 2 / 3, 0.5, 1, 2 / 6, 1, 0.75, 1, 0.5]
    assert hat_mt.hat_features(one) == pytest.approx(expected)
