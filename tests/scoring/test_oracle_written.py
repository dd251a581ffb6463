"""Operands and operations of models that people write, against what they note of themselves and plain PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from lpzero.operands.batch import Batch, random_batch
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.score import Request
from lpzero.seeds import derived_seed
from tests.scoring.oracle import PROXIES, assert_agrees
from tests.scoring.written import WORDS
from tests.scoring.written_models import Model
from tests.scoring.written_table import LOGITS, MODELS, TOKENS, Written


def noted(written: Written, model: Model, batch: Batch) -> dict[str, float]:
    """The values of proxies, and the operations a token."""
    model.eval().tape.runs = True
    output = model(batch.input_ids)
    model.tape.runs = False
    logits = output["logits"] if isinstance(output, dict) else output[0] if isinstance(output, tuple) else output
    loss = functional.cross_entropy(logits[:, :-1].flatten(0, 1), batch.labels[:, 1:].flatten())
    weights = [p for p in model.parameters() if p.ndim > 1]
    embedded = model.tape.embedded
    grads = torch.autograd.grad(loss, [*weights, *embedded])
    pairs = list(zip(weights, grads, strict=False))
    sums = model.tape.sums
    return {
        "snip": float(sum((w * g).abs().sum() for w, g in pairs).detach()),
        "grad_norm": float(sum(g.norm() for _, g in pairs)),
        "sum(l1(head))": sums["head"],
        "sum(l1(activation))": sums["activation"],
        "sum(l1(attention))": sums["attention"],
        "sum(mean(max_heads(attention)))": sums["maxima"],
        "sum(l1(jacobian))": float(sum(g.abs().sum() for g in grads[len(weights) :])),
        "depth": written.depth,
        "flops": written.depth * written.flops + written.beside + LOGITS,
    }


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_a_model_shows_is_what_it_notes(name: str) -> None:
    written = MODELS[name]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = written.build()
    batch = random_batch(WORDS, "causal", np.random.default_rng(derived_seed(0, "batch")), batch=2, tokens=TOKENS)
    wanted = noted(written, model, batch)
    found = Request(PROXIES, 0, 2, TOKENS, "cpu", 0, None, 1).scorer().score_loaded(name, LoadedModel(model))
    assert found.batch_sha256 == batch.sha256
    assert_agrees(found, wanted, written.absent)


def test_there_are_enough_of_them() -> None:
    assert len(MODELS) >= 25
