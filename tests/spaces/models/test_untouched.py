"""A pass of which a model keeps nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.models.untouched import untouched


class _Stateful(nn.Module):
    """Notes all sorts of things of each call."""

    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 2)
        self.register_buffer("count", torch.zeros(1))
        self.register_buffer("filled", None)
        self.last: Tensor | None = None
        self.cache: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        assert not self.training
        self.count += 1
        self.filled = x
        self.last = x
        self.cache.append(x)
        self.inner.register_forward_hook(lambda *_: None)
        self.inner.extra = 3  # type: ignore[assignment]
        x = x + torch.rand(())
        found: Tensor = self.inner(x)
        assert not found.requires_grad
        return found


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_as_before(fails: bool) -> None:
    model = _Stateful().train()
    model.inner.eval()
    before, state = {name: dict(vars(m)) for name, m in model.named_modules()}, torch.random.get_rng_state()
    buffers = dict(model._buffers)
    try:
        with untouched(model):
            model(torch.ones(1, 2))
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        assert fails
    assert {name: dict(vars(m)) for name, m in model.named_modules()} == before
    assert model._buffers.keys() == buffers.keys()
    assert model.count.item() == 0
    assert (model.last, model.filled, model.cache, len(model.inner._forward_hooks)) == (None, None, [], 0)
    assert (model.training, model.inner.training) == (True, False)
    assert torch.equal(torch.random.get_rng_state(), state)
