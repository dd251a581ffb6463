"""Weights: layers that wait for their weights, one seeded draw of them all, and their number by part.

The modules of PyTorch draw their weights when they are made, from the global generator. Here a model is made
on the meta device, which holds no numbers, and its weights are drawn once, from a generator of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from lpzero.errors import TooLargeError
from lpzero.spaces.models.memory import free_memory

Model = TypeVar("Model", bound=nn.Module)
FLOAT_BYTES = 4
GIB = 1 << 30


class Linear(nn.Linear):
    """``torch.nn.Linear`` whose weights are left as they are until :func:`build_seeded` draws them."""

    def reset_parameters(self) -> None:
        """Do nothing: drawing on the meta device takes longer than all the rest of making a model."""


class Conv1d(nn.Conv1d):
    """``torch.nn.Conv1d`` whose weights are left as they are until :func:`build_seeded` draws them."""

    def reset_parameters(self) -> None:
        """Do nothing, as in :class:`Linear`."""


class Embedding(nn.Embedding):
    """``torch.nn.Embedding`` whose weights are left as they are until :func:`build_seeded` draws them."""

    def reset_parameters(self) -> None:
        """Do nothing, as in :class:`Linear`."""


def build_blank(make: Callable[[], Model]) -> Model:
    """Make a model on the meta device: shapes and names, no numbers, no random state touched."""
    with torch.device("meta"):
        return make()


def check_memory(parameters: int, *, gradients: bool = False) -> None:
    """Refuse a model whose weights would not fit, before it is built.

    Args:
        parameters: Their number; each takes four bytes, float32.
        gradients: Whether there will be a gradient for each as well.

    Raises:
        TooLargeError: They need more memory than is free.
    """
    needed, free = FLOAT_BYTES * parameters * (2 if gradients else 1), free_memory()
    if needed > free:
        what = "in float32 with its gradients" if gradients else "in float32"
        raise TooLargeError(
            f"a model of {parameters:,} parameters needs about {needed / GIB:.1f} GiB {what}, and "
            f"{free / GIB:.1f} GiB are free: choose a smaller model, or a machine with more memory"
        )


Draw = Callable[[str, Tensor, torch.Generator], object]


def normal(deviation: Callable[[str], float]) -> Draw:
    """Draw normal weights with mean 0 and a standard deviation that follows from the parameter's name."""
    return lambda name, weight, generator: nn.init.normal_(weight, 0.0, deviation(name), generator)


def xavier(name: str, weight: Tensor, generator: torch.Generator) -> Tensor:
    """Draw Xavier's normal weights (Glorot & Bengio 2010), whatever the parameter's name."""
    del name
    return nn.init.xavier_normal_(weight, generator=generator)


def build_seeded(make: Callable[[], Model], seed: int, draw: Draw, *, biases: bool = False) -> Model:
    """Make a model on the CPU, in evaluation mode, with weights that follow from the seed alone.

    Parameters of two or more axes are drawn, in the order of ``named_parameters``; weights of LayerNorm and of
    RMSNorm are 1, every other parameter of one axis is 0, unless ``biases`` says otherwise.

    Args:
        make: Makes the model; it must register no buffer, since a buffer would stay without numbers.
        seed: Seed of the generator, any 64-bit integer.
        draw: Fills a weight: its parameter's name, the weight, the generator.
        biases: Whether parameters of one axis are drawn as well, each in its place, but for those of norms.

    Raises:
        TooLargeError: It does not fit in memory.
    """
    model = build_blank(make)
    assert not list(model.buffers()), "a model made on the meta device can hold no buffer"
    check_memory(sum(parameter.numel() for parameter in model.parameters()))
    model.to_empty(device="cpu")
    kinds = (nn.LayerNorm, nn.RMSNorm)
    norms = {name for name, module in model.named_modules() if isinstance(module, kinds)}
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            owner, _, what = name.rpartition(".")
            if parameter.ndim >= 2 or (biases and owner not in norms):
                draw(name, parameter, generator)
            else:
                parameter.fill_(1.0 if owner in norms and what == "weight" else 0.0)
    return model.eval()


def count_parameters(model: nn.Module) -> dict[str, int]:
    """Count the parameters of a model by part, told by name.

    The names ``embedding*`` and ``output*`` stand before and behind the blocks; in a block, ``operation.*``
    and ``feed_forward.*`` are its two parts, and what else it has are norms.
    """
    counts = dict.fromkeys(("total", "embedding", "attention", "feed_forward", "nonembedding"), 0)
    for name, parameter in model.named_parameters():
        number = parameter.numel()
        counts["total"] += number
        if name.startswith("embedding"):
            counts["embedding"] += number
        elif not name.startswith("output"):
            counts["nonembedding"] += number
        if ".operation." in name:
            counts["attention"] += number
        elif ".feed_forward." in name:
            counts["feed_forward"] += number
    return counts
