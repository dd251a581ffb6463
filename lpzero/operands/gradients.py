"""Gradients of a loss that leave nothing behind, also where a part of the graph is computed again on the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor

Take = Callable[[int, Tensor], None]


def each_gradient(
    loss: Tensor, weights: Sequence[Tensor], inner: Sequence[Tensor], parameters: Sequence[Tensor], take: Take
) -> list[Tensor]:
    """Hand over the gradient of each weight the moment that it is whole, and let go of it.

    So at most those gradients are there at a time that the way back is still working on, instead of all.

    Args:
        loss: Scalar.
        weights: Parameters of the model, each once.
        inner: What else it is differentiated by, which need not be a leaf of the graph.
        parameters: All of the model, whose own ``grad`` stays as it is.
        take: Called with (index of the weight, its gradient), once a weight; those that the loss does not depend on
            come last, as zeros.

    Returns:
        The gradients of ``inner``, zeros where the loss does not depend on one.
    """
    if _checkpointed(loss) or any(_watched(parameter) for parameter in parameters):
        found = loss_gradients(loss, [*weights, *inner], parameters)
        for index, gradient in enumerate(found[: len(weights)]):
            take(index, gradient)
        return found[len(weights) :]
    left = {weight: index for index, weight in enumerate(weights)}

    def whole(weight: Tensor) -> None:
        assert weight.grad is not None
        gradient, weight.grad = weight.grad, None
        take(left.pop(weight), gradient)

    with _without_gradients(parameters), ExitStack() as stack:
        for tensor in inner:
            if not tensor.is_leaf:
                tensor.retain_grad()
        for weight in weights:
            stack.callback(weight.register_post_accumulate_grad_hook(whole).remove)  # type: ignore[no-untyped-call]
        torch.autograd.backward(loss, inputs=[*weights, *inner])
        of_inner = [torch.zeros_like(tensor) if tensor.grad is None else tensor.grad for tensor in inner]
    for weight, index in left.items():
        take(index, torch.zeros_like(weight))
    return of_inner


def loss_gradients(loss: Tensor, by: Sequence[Tensor], parameters: Sequence[Tensor]) -> list[Tensor]:
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


def _watched(parameter: Tensor) -> bool:
    """Whether somebody's own code runs when a gradient is there: it may be an optimiser, which writes to the weight."""
    return bool(parameter._post_accumulate_grad_hooks)


def _by_backward(loss: Tensor, by: Sequence[Tensor], parameters: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """The same by ``backward``, which writes to the tensors: what stood there before is put back."""
    for tensor in by:
        if not tensor.is_leaf:
            tensor.retain_grad()
    with _without_gradients(parameters):
        torch.autograd.backward(loss)
        return tuple(tensor.grad for tensor in by)


@contextmanager
def _without_gradients(parameters: Sequence[Tensor]) -> Iterator[None]:
    """Take the gradients off parameters for a while; they come back whatever stands there then."""
    before = {parameter: parameter.grad for parameter in parameters}
    for parameter in parameters:
        parameter.grad = None
    try:
        yield
    finally:
        for parameter, grad in before.items():
            parameter.grad = grad
