"""What a pass of a model shows, computed directly: plain PyTorch, nothing of the package."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.scoring.result import ModelScore
from tests.scoring.family_sites import Sites

PROXIES = (
    "snip",
    "grad_norm",
    "sum(l1(head))",
    "sum(l1(activation))",
    "sum(l1(attention))",
    "sum(mean(max_heads(attention)))",
    "sum(l1(jacobian))",
    "depth",
)
HEAD = 8
"""Width of a head, of every small configuration."""


@contextmanager
def _hooked(model: nn.Module, hooks: list[tuple[str, Any]]) -> Iterator[None]:
    modules = dict(model.named_modules())
    handles = [modules[name].register_forward_hook(hook) for name, hook in hooks]
    yield
    for handle in handles:
        handle.remove()


def directly(model: nn.Module, sites: Sites, ids: Tensor, labels: Tensor) -> dict[str, float]:
    """The values of proxies, by their names, and the operations a token."""
    embedded: list[Tensor] = []
    summed = {"heads": 0.0, "activation": 0.0}
    counted = 0.0

    def at_embedding(_module: nn.Module, _args: Any, output: Tensor) -> Tensor:
        embedded.append(output)
        return output * 1

    def adding(which: str) -> Any:
        def hook(_module: nn.Module, _args: Any, output: Tensor) -> None:
            summed[which] += float(output.detach().abs().sum())

        return hook

    def products(module: nn.Module, _args: Any, output: Any) -> None:
        nonlocal counted
        matrices = [p for p in module.parameters(recurse=False) if p.ndim > 1]
        counted += sum(2 * rows_of(module, output, _args) * matrix.numel() for matrix in matrices)

    hooks: list[tuple[str, Any]] = []
    for name, module in model.named_modules():
        if sites.pattern("embedding").fullmatch(name):
            hooks.append((name, at_embedding))
        hooks += [(name, adding(which)) for which in summed if sites.pattern(which).fullmatch(name)]
        if not isinstance(module, nn.Embedding) and not name.endswith("experts"):
            hooks.append((name, products))
        if name.endswith("experts"):
            # the stacked weights of all experts, of which a token meets some
            whole = sum(p.numel() for p in module.parameters(recurse=False) if p.ndim == 3)
            number = next(p.shape[0] for p in module.parameters(recurse=False) if p.ndim == 3)
            counted += 2 * ids.numel() * whole / number * sites.experts
    with _hooked(model.eval(), hooks):
        output = model(input_ids=ids, labels=labels, output_attentions=True, **_uncached(model))
    attentions = [a for name in ("attentions", "encoder_attentions", "decoder_attentions", "cross_attentions")
                  for a in getattr(output, name, None) or ()]  # fmt: skip
    # queries with keys, and probabilities with values
    counted += sum(2 * 2 * a.numel() * HEAD for a in attentions)
    weights = [p for p in model.parameters() if p.ndim > 1 and p.requires_grad]
    found = torch.autograd.grad(output.loss, [*weights, *embedded], allow_unused=True)
    grads = [torch.zeros(()) if g is None else g for g in found]
    by_weight, by_embedding = grads[: len(weights)], grads[len(weights) :]
    return {
        "snip": float(sum((w * g).abs().sum() for w, g in zip(weights, by_weight, strict=True)).detach()),
        "grad_norm": float(sum(g.norm() for g in by_weight)),
        "sum(l1(head))": summed["heads"],
        "sum(l1(activation))": summed["activation"],
        "sum(l1(attention))": float(sum(a.detach().sum() for a in attentions)),
        "sum(mean(max_heads(attention)))": float(sum(a.detach().amax(1).mean() for a in attentions)),
        "sum(l1(jacobian))": float(sum(g.abs().sum() for g in by_embedding)),
        "flops": counted / ids.numel() + sites.beside,
    }


def rows_of(module: nn.Module, output: Any, args: Any) -> int:
    """How many vectors a module's matrix meets."""
    if isinstance(module, nn.Conv1d | nn.Conv2d):
        return output.numel() // output.shape[1]  # type: ignore[no-any-return]
    return args[0].numel() // args[0].shape[-1]  # type: ignore[no-any-return]


def _uncached(model: nn.Module) -> dict[str, bool]:
    return {"use_cache": False} if "use_cache" in inspect.signature(model.forward).parameters else {}


def assert_agrees(found: ModelScore, wanted: Mapping[str, float], absent: Collection[str]) -> None:
    """Every score that there is, and the operations, are those computed directly; what there is not is listed."""
    status = {row.proxy: row.status for row in found.scores}
    assert {proxy for proxy, said in status.items() if said != "ok"} == set(absent)
    rows = {row.proxy: row.value for row in found.scores if row.status == "ok"} | {"flops": found.costs.flops}
    assert rows == {proxy: pytest.approx(wanted[proxy], rel=1e-4) for proxy in rows}
