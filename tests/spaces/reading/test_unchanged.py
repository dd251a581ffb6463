"""A model is as it was behind a pass, whatever it wrote down in it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.reading.unchanged import restored, unchanged


class Scribbling(nn.Module):
    """Writes to itself wherever a module can."""

    def __init__(self) -> None:
        super().__init__()
        self.line, self.drop, self.calls = nn.Linear(3, 3), nn.Dropout(0.5), 0
        self.register_buffer("seen", torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        """As wide as before."""
        self.seen += 1  # type: ignore[operator, assignment]
        self.calls += 1
        self.cache = x
        self.line.register_forward_hook(lambda *_: None)
        self.register_buffer("late", x)
        return self.drop(self.line(x))  # type: ignore[no-any-return]


def state(model: Any) -> Any:
    return (
        [(name, t.tolist()) for name, t in model.state_dict().items()],
        [(sorted(vars(m)), m.training, len(m._forward_hooks)) for m in model.modules()],
        [p.requires_grad for p in model.parameters()],
        model.calls,
        torch.random.get_rng_state().tolist(),
    )


@pytest.mark.parametrize("context", [unchanged, restored])
def test_nothing_of_a_pass_is_left(context: Any) -> None:
    model = Scribbling().train()
    model.line.bias.requires_grad_(False)
    before = state(model)
    with context(model):
        model(torch.ones(2, 3))
        assert model.calls == 1
    assert state(model) == before
    with pytest.raises(ZeroDivisionError), context(model):
        model(torch.ones(2, 3))
        raise ZeroDivisionError
    assert state(model) == before


def test_a_pass_is_in_evaluation_mode_with_gradients() -> None:
    model = Scribbling().train()
    model.line.weight.requires_grad_(False)
    with unchanged(model):
        assert not model.drop.training
        assert model.line.weight.requires_grad
