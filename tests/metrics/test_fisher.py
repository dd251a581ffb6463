"""Fisher information against a loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from torch import Tensor

from lpzero.errors import LpzeroError
from lpzero.metrics import get_metric
from lpzero.operands.batch import Batch


def test_positions_are_summed_examples_squared_and_then_averaged(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    kept: list[Tensor] = []

    def keep(_module: Any, _args: Any, output: Tensor) -> None:
        output.retain_grad()
        kept.append(output)

    handles = [block.act.register_forward_hook(keep) for block in model.blocks]
    model(input_ids=batch.input_ids, labels=batch.labels).loss.backward()
    for handle in handles:
        handle.remove()
    expected = 0.0
    for activation in kept:
        assert activation.grad is not None
        for feature in range(activation.shape[-1]):
            squares = [
                sum(
                    activation[i, t, feature].item() * activation.grad[i, t, feature].item()
                    for t in range(activation.shape[1])
                )
                ** 2
                for i in range(activation.shape[0])
            ]
            expected += sum(squares) / len(squares) / 2
    assert len(kept) == 2
    assert get_metric("fisher").score_pass(model, model.site_map(), batch) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["fisher", "activation_distance"])
def test_a_model_without_activations_is_refused(name: str, tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    bare = replace(model.site_map(), outputs=())
    with pytest.raises(LpzeroError, match=f"{name} looks at the activations of feed-forwards"):
        get_metric(name).score_pass(model, bare, batch)
