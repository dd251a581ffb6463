"""A model is bit for bit as it was after every coded metric, whatever kind it is of and also where the pass fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.metrics import METRICS, get_metric
from lpzero.operands.batch import Batch
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.sites import SiteMap

PASSES = [metric.name for metric in METRICS.values() if metric.needs == "pass"]
STATES = "hidden_covariance"
"""A metric that wants every hidden state: the last one alone is shown here."""
KINDS = (
    "plain",
    "fused attention",
    "reentrant checkpoint",
    "checkpoint",
    "one block three times",
    "tied and frozen",
    "sparse gradients",
    "experts",
    "chunks",
    "tokens first",
)

Written = Callable[[str], tuple[Any, SiteMap]]


class Stated(nn.Module):
    """Shows hidden states beside the loss, as synaptic flow needs them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, labels: Tensor, output_hidden_states: bool = False) -> Any:
        """An output with the stream behind the last block."""
        kept: list[Tensor] = []
        handle = self.model.out.register_forward_hook(lambda _m, args, _o: kept.append(args[0]))
        try:
            output = Answering(self.model, "causal")(input_ids, labels)
        finally:
            handle.remove()
        return type("Output", (), {"loss": output.loss, "hidden_states": tuple(kept)})()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("metric", PASSES)
def test_the_model_is_left_bit_for_bit_as_it_was(name: str, metric: str, words: Batch, written: Written) -> None:
    model, site_map = written(name)
    model.train()
    places = {(id(p), p.data_ptr(), p.dtype, p.requires_grad, p.is_leaf) for p in model.parameters()}
    numbers = {key: tensor.clone() for key, tensor in model.state_dict(keep_vars=False).items()}
    held = [(id(module), {key: id(value) for key, value in vars(module).items()}) for module in model.modules()]
    if metric == STATES:
        with pytest.raises(LpzeroError, match=r"expected [0-9]+ of the model, found 1"):
            get_metric(metric).score_pass(Stated(model), site_map, words)
    else:
        get_metric(metric).score_pass(Stated(model), site_map, words)
    assert {(id(p), p.data_ptr(), p.dtype, p.requires_grad, p.is_leaf) for p in model.parameters()} == places
    assert all(torch.equal(tensor, numbers[key]) for key, tensor in model.state_dict().items())
    assert [(id(m), {k: id(v) for k, v in vars(m).items()}) for m in model.modules()] == held
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_pass_that_fails_half_way_leaves_the_model_as_it_was(words: Batch, written: Written) -> None:
    model, site_map = written("one block three times")
    before = {key: (tensor.data_ptr(), tensor.dtype, tensor.clone()) for key, tensor in model.state_dict().items()}
    calls = []

    def fail(*_: Any) -> None:
        calls.append(1)
        if len(calls) % 3 == 2:
            raise ZeroDivisionError

    handle = model.blocks[0].register_forward_hook(fail)
    for metric in PASSES:
        with pytest.raises(ZeroDivisionError):
            get_metric(metric).score_pass(Stated(model), site_map, words)
        calls.clear()
    handle.remove()
    for key, tensor in model.state_dict().items():
        place, dtype, numbers = before[key]
        assert (tensor.data_ptr(), tensor.dtype) == (place, dtype)
        assert torch.equal(tensor, numbers)
    assert torch.get_default_dtype() == torch.float32
