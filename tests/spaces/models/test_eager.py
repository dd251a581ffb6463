"""A pass as it is written: what is recomputed, compiled, sparse or fused elsewhere, and that torch is as before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.utils.checkpoint
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

from lpzero.spaces.models.eager import attributes_set, eager, written_out


def settings() -> list[Any]:
    return [
        torch.utils.checkpoint.CheckpointFunction,
        torch.utils.checkpoint._checkpoint_without_reentrant_generator,
        torch.backends.mha.get_fastpath_enabled(),
        torch.backends.mkldnn.enabled,
        torch.backends.cudnn.enabled,
        *(
            getattr(torch.backends.cuda, f"{kind}_sdp_enabled")()
            for kind in ("flash", "mem_efficient", "math", "cudnn")
        ),
    ]


@pytest.mark.parametrize("context", [lambda: eager(nn.Embedding(3, 2, sparse=True)), written_out])
def test_torch_is_as_before_even_after_an_error(context: Callable[[], Any]) -> None:
    before = settings()
    with pytest.raises(ZeroDivisionError), context():
        assert settings() != before
        raise ZeroDivisionError
    assert settings() == before


def test_an_attribute_that_cannot_be_set_leaves_the_others_as_they_were() -> None:
    class Fixed:
        value = property(lambda self: 1)

    table = nn.Embedding(3, 2)
    with pytest.raises(AttributeError), attributes_set((table, "sparse", True), (Fixed(), "value", 2)):
        pass
    assert not table.sparse


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpoint_calls_its_function_once_and_keeps_the_graph(reentrant: bool) -> None:
    layer, calls = nn.Linear(3, 3), []
    layer.register_forward_hook(lambda *_: calls.append(1))
    x = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
    with eager(layer):
        y = checkpoint(layer, x, use_reentrant=reentrant)
        z = checkpoint_sequential([layer, layer], 2, y, use_reentrant=reentrant)
        (found,) = torch.autograd.grad(z.square().sum(), layer.weight, create_graph=True)
    (wanted,) = torch.autograd.grad(layer(layer(layer(x))).square().sum(), layer.weight)
    torch.testing.assert_close(found, wanted)
    assert len(calls) == 6


def test_what_a_checkpointed_function_raises_is_passed_on() -> None:
    def broken(_x: Tensor) -> Tensor:
        raise ZeroDivisionError

    for reentrant in (True, False):
        with eager(nn.Identity()), pytest.raises(ZeroDivisionError):
            checkpoint(broken, torch.ones(2), use_reentrant=reentrant)


def test_gradients_of_embeddings_are_dense_and_the_flag_is_put_back() -> None:
    table = nn.Embedding(5, 2, sparse=True)
    with eager(table):
        (dense,) = torch.autograd.grad(table(torch.tensor([1, 1])).sum(), table.weight)
    assert not dense.is_sparse
    assert table.sparse


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_compiled_runs_as_it_is_written() -> None:
    layer = nn.Sequential(nn.Linear(3, 3), nn.GELU())
    compiled, seen = torch.compile(layer), []
    layer[0].register_forward_hook(lambda _m, _a, output: seen.append(output))
    with eager(compiled):
        loss = compiled(torch.ones(1, 3)).sum()
        (gradient,) = torch.autograd.grad(loss, seen)
    assert gradient.abs().sum() > 0


def test_attention_of_torch_is_written_out() -> None:
    names = []

    class Names(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            names.append(str(func.overloadpacket))
            return func(*args, **(kwargs or {}))

    q = torch.randn(1, 2, 4, 8)
    layer = nn.TransformerEncoderLayer(8, 2, 8, batch_first=True).eval()
    with written_out(), torch.no_grad(), Names():
        functional.scaled_dot_product_attention(q, q, q)
        layer(q[0])
        nn.LSTM(8, 4, batch_first=True)(q[0])
    assert not {name for name in names if "attention" in name or "encoder" in name or "rnn" in name}
    assert {"aten.bmm", "aten.addmm"} <= set(names)


class _Halved(nn.Module):
    """A block that somebody wrote."""

    def forward(self, x: Tensor, *, scale: float = 0.5) -> Tensor:
        """Half of it."""
        return scale * x


def test_a_block_whose_forward_is_called_is_called() -> None:
    blocks, seen = nn.ModuleList([_Halved(), _Halved(), nn.Identity()]), list[str]()
    for name, block in blocks.named_children():
        block.register_forward_pre_hook(lambda _m, _a, name=name: seen.append(f"before {name}"))
        block.register_forward_hook(lambda _m, _a, _o, name=name: seen.append(f"behind {name}"))
    x = torch.ones(2)
    with eager(blocks), eager(blocks):
        # once each, whichever way, also where they take turns
        assert blocks[0].forward(x).tolist() == [0.5, 0.5]
        assert blocks[1](blocks[0].forward(x, scale=4.0)).tolist() == [2.0, 2.0]
        assert torch.equal(blocks[2](x), x)
    assert seen == [f"{when} {name}" for name in ("0", "0", "1", "2") for when in ("before", "behind")]
    with pytest.raises(ZeroDivisionError), eager(blocks):
        raise ZeroDivisionError
    assert all("forward" not in vars(block) and len(block._forward_pre_hooks) == 1 for block in blocks)
