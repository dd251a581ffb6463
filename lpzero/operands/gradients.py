"""Gradients of a loss that leave nothing behind, also where a part of the graph is computed again on the way back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def loss_gradients(loss: Tensor, by: list[Tensor], parameters: list[Tensor]) -> list[Tensor]:
    """Gradients of a loss, zeros where it does not depend on a tensor.

    Args:
        loss: Scalar.
        by: What it is differentiated by.
        parameters: All of the model, whose own ``grad`` stays as it is.
    """
    found = (
        _by_backward(loss, by, parameters) if _checkpointed(loss) else torch.autograd.grad(loss, by, allow_unused=True)
    )
    return [torch.zeros_like(p) if g is None else g for p, g in zip(by, found, strict=True)]


def reaching(gradients: Sequence[Tensor]) -> list[Tensor]:
    """Those of the calls of a module that have a part in the loss, in order; where none has, the first.

    What runs beside the loss, as a pass for logits alone may, has gradients of zeros.
    """
    return [gradient for gradient in gradients if gradient.any()] or list(gradients[:1])


def _checkpointed(loss: Tensor) -> bool:
    """Whether a part of the graph is computed again in the backward pass, in the way that knows ``backward`` alone."""
    left, seen = [loss.grad_fn], set()
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node.name() == "CheckpointFunctionBackward":
            return True
        left += [following for following, _ in node.next_functions]
    return False


def _by_backward(loss: Tensor, by: list[Tensor], parameters: list[Tensor]) -> tuple[Tensor | None, ...]:
    """The same by ``backward``, which writes to the tensors: what stood there before is put back."""
    before = {parameter: parameter.grad for parameter in parameters}
    for tensor in by:
        if not tensor.is_leaf:
            tensor.retain_grad()
    for parameter in parameters:
        parameter.grad = None
    try:
        torch.autograd.backward(loss)
        return tuple(tensor.grad for tensor in by)
    finally:
        for tensor, grad in before.items():
            tensor.grad = grad
