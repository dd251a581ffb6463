"""The same work on a GPU; skipped where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from lpzero.engines import Serial
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource, SketchSource
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.operands.sketch import sketch
from lpzero.proxy import load_proxy
from lpzero.proxy.score import score_architectures
from lpzero.spaces import get_space

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and torch sees none here"),
]
SHOWN = Probe(batch=2, tokens=16, elements=128)
FORMULAS = ("sum(l1(weight * grad))", "mean(log(std(attention)))", "sum(max(hidden)) / sum(frobenius(head))")


@pytest.mark.parametrize("name", ["flexibert", "gpt2", "transfo-xl"])
def test_a_gpu_gives_the_scores_of_a_cpu(name: str) -> None:
    space = get_space(name)
    architecture = space.sample(np.random.default_rng(0))
    for text in FORMULAS:
        formula = parse(text)
        scores = []
        for device in ("cpu", "cuda"):
            operands = untrained_operands(space, architecture, replace(SHOWN, device=device))
            exact = Evaluator(ExactSource(operands)).scores(formula)[0]
            sketched = SketchSource([sketch(operands, elements=128, seed=0)], device)
            scores.append((exact, Evaluator(sketched).scores(formula)[0]))
        np.testing.assert_allclose(scores[0], scores[1], rtol=1e-3)


def test_coded_metrics_run_on_a_gpu() -> None:
    space = get_space("flexibert")
    architecture = space.sample(np.random.default_rng(0))
    proxies = [load_proxy(name) for name in ("synflow", "grasp", "fisher", "jacobian_cosine", "synaptic_diversity")]
    rows = [
        score_architectures(
            space, [architecture], proxies, replace(SHOWN, device=device), engine=Serial(), progress=lambda *_: None
        )[0]
        for device in ("cpu", "cuda")
    ]
    for cpu, cuda in zip(*rows, strict=True):
        assert cuda.value == pytest.approx(cpu.value, rel=1e-2)
