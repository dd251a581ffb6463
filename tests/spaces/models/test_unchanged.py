"""A model that is run and left as it was, whatever its pass writes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.spaces.models.unchanged import unchanged


class Writing(nn.Module):
    """Writes to all that a module can hold, but for its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(3, 3), nn.BatchNorm1d(3)
        self.register_buffer("count", torch.zeros(2))
        self.plain, self.seen, self.named, self.kinds = torch.zeros(2), [1], {"a": 1}, {1}
        self.state: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Whatever comes of it is not looked at."""
        self.count += 1
        self.plain[0] = 5
        self.seen.append(2)
        self.named["b"] = 2
        self.kinds.add(2)
        self.state = x
        self.fresh = x
        self.register_buffer("cache", x)
        self.norm.running_mean = x[0].detach()
        self.linear.register_forward_hook(lambda *_: None)
        return self.norm(self.linear(x))


def picture(model: nn.Module) -> list[Any]:
    """All that a model holds: which objects, and the bytes of its tensors."""
    held: list[Any] = []
    for name, module in model.named_modules():
        for key, value in vars(module).items():
            held.append((name, key, id(value)))
            if isinstance(value, (list, set)):
                held.append(list(value))
            if isinstance(value, dict):
                held += [(k, id(v)) for k, v in value.items()]
    tensors = [*model.parameters(), *model.buffers(), *(v for m in model.modules() for v in vars(m).values())]
    held += [(t.requires_grad, t.detach().numpy().tobytes()) for t in tensors if isinstance(t, Tensor)]
    return held


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_pass_writes_is_taken_back(fails: bool) -> None:
    model = Writing().train()
    model.linear.weight.requires_grad_(False)
    before, state = picture(model), torch.random.get_rng_state()

    def run() -> None:
        with unchanged(model):
            assert not model.training
            assert model.linear.weight.requires_grad
            model(torch.randn(4, 3))
            assert picture(model) != before
            if fails:
                raise ZeroDivisionError

    if fails:
        with pytest.raises(ZeroDivisionError):
            run()
    else:
        run()
    assert picture(model) == before
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_table_that_is_renormalised_is_put_back() -> None:
    table = nn.Embedding(4, 2, max_norm=0.1)
    before = table.weight.detach().clone()
    with unchanged(table):
        table(torch.tensor([0, 1]))
        assert not torch.equal(table.weight, before)
    assert torch.equal(table.weight, before)


def test_a_pass_that_writes_to_a_weight_is_refused() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(LpzeroError, match="the model writes to weight in it"), unchanged(layer), torch.no_grad():
        layer.weight.mul_(2)
