"""The picture of a result."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.fitness.figures import DifferenceFigures
from lpzero.predictors.result import CurveResult, EvalResult, PredictorFigures, SpreadOver
from lpzero.proxy.comparison import CompareResult, PairRow
from lpzero.proxy.explanation import ExplainResult, InterventionFigures, OriginalFigures
from lpzero.proxy.rank import ControlRow, RankResult, RankRow
from lpzero.reporting.plots import write_plot
from lpzero.reporting.results import Plotted, plot_of

NONE = SpreadOver()
RANKED = [
    RankRow(proxy="snip", direction="higher", status="ok", tau_a=0.5, interval=[0.4, 0.6]),
    RankRow(proxy="dead", direction="higher", status="constant"),
]
TABLE = {"schema_": 1, "table": "t", "protocol": "own", "seed": 0, "n": 20}


def _predictor(name: str, labels: int, tau: float | None) -> PredictorFigures:
    over = SpreadOver(mean=tau, interval=None if tau is None else [tau - 0.1, tau + 0.1])
    return PredictorFigures(
        predictor=name,
        labels=labels,
        mae=NONE,
        tau_a=over,
        rho=NONE,
        matched=NONE,
        coverage=NONE,
        width=NONE,
        in_support=NONE,
        failed=0,
    )


JUDGED = {
    **TABLE,
    "quality": "loss",
    "unit": "nats",
    "direction": "lower",
    "features": ["spec"],
    "level": 0.9,
    "noise": None,
    "splits": 3,
    "within": 1.25,
}
RANK = RankResult(**TABLE, scores=RANKED, controls=[ControlRow(control="strongest_count", labels=0, tau_a=0.3)])
PAIR = PairRow(
    first="a",
    second="b",
    overall=DifferenceFigures(difference=0.1, interval=[-0.1, 0.3], p=0.3, p_holm=0.3),
    matched_size=DifferenceFigures(),
)
COMPARE = CompareResult(**TABLE, scores=RANKED, matched_pairs=3, initialisations=1, pairs=[PAIR])
EVAL = EvalResult(**JUDGED, labels=8, rows=[_predictor("ridge", 8, 0.5), _predictor("none", 8, None)])
CURVE = CurveResult(
    **JUDGED,
    labels=[8, 16],
    rows=[_predictor("ridge", 8, 0.5), _predictor("ridge", 16, 0.6), _predictor("none", 8, None)],
)
FIGURES = {"status": "ok", "tau_a": 0.5, "interval": [0.4, 0.6]}
EXPLAIN = ExplainResult(
    **TABLE,
    proxy="snip",
    direction="higher",
    original=OriginalFigures(**FIGURES, tau_b=0.5, rho=0.6),
    interventions=[InterventionFigures(name="tokens", **FIGURES, agreement=0.9, left=0.95)],
    verdict="shape",
    reasons=[],
)


@pytest.mark.parametrize("result", [RANK, COMPARE, EVAL, CURVE, EXPLAIN], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_every_result_has_its_picture(result: Plotted, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture{suffix}"
    plot = plot_of(result)
    assert plot is not None
    assert plot.caption.endswith(".")
    write_plot(path, plot)
    assert path.read_bytes().startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")


def test_what_ranks_nothing_is_not_in_it() -> None:
    plot = plot_of(RANK)
    assert plot is not None
    assert plot.points["name"] == ["snip", "control strongest_count"]
    curve = plot_of(CURVE)
    assert curve is not None
    assert curve.points == {"ridge": [[8.0, 0.5], [16.0, 0.6]]}


def test_without_figures_there_is_no_picture(tmp_path: Path) -> None:
    nothing = RankResult(**TABLE, scores=RANKED[1:])
    assert plot_of(nothing) is None
    with pytest.raises(InputError, match="expected figures to draw, found none"):
        write_plot(tmp_path / "x.svg", None)
