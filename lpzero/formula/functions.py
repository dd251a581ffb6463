"""The PyTorch functions of the primitives: total, pure, working along the last axis.

Each takes ``x`` and, where it looks at more than one element, ``w``: the weight of every element, of ``x``'s shape
(0 marks padding; an element that stands for several counts as many), or None where every element counts once. Weights
may know beforehand what would else be computed each time: their sums (``counts``), and that padding repeats an element
that is there (``repeats``), which no extreme then has to leave out. A protected function says how it is protected. The
Python export copies these functions, so that each stands on torch and on the others alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

EPS = 1e-12


def total(x: Tensor, w: Tensor | None) -> Tensor:
    """Sum of the elements, (..., elements) to (...)."""
    return x.sum(-1) if w is None else (x * w).sum(-1)


def numel(x: Tensor, w: Tensor | None) -> Tensor:
    """Number of the elements, a whole number whatever the weights were rounded to."""
    if w is None:
        return x.new_full(x.shape[:-1], x.shape[-1])
    counts = getattr(w, "counts", None)
    counts = w.double().sum(-1).round() if counts is None else counts
    return counts.to(x.dtype).expand(x.shape[:-1])


def mean(x: Tensor, w: Tensor | None) -> Tensor:
    """Mean of the elements."""
    return total(x, w) / numel(x, w)


def std(x: Tensor, w: Tensor | None) -> Tensor:
    """Standard deviation of the elements (population)."""
    centred = x - mean(x, w).unsqueeze(-1)
    return mean(centred * centred, w).sqrt()


def l1(x: Tensor, w: Tensor | None) -> Tensor:
    """Sum of absolute values."""
    return total(x.abs(), w)


def mean_abs(x: Tensor, w: Tensor | None) -> Tensor:
    """Mean of absolute values."""
    return mean(x.abs(), w)


def frobenius(x: Tensor, w: Tensor | None) -> Tensor:
    """Frobenius norm: the root of the sum of squares."""
    return total(x * x, w).sqrt()


def maximum(x: Tensor, w: Tensor | None) -> Tensor:
    """Largest element; padding never counts."""
    return (x if w is None or getattr(w, "repeats", False) else x.masked_fill(w == 0, -torch.inf)).amax(-1)


def minimum(x: Tensor, w: Tensor | None) -> Tensor:
    """Smallest element; padding never counts."""
    return (x if w is None or getattr(w, "repeats", False) else x.masked_fill(w == 0, torch.inf)).amin(-1)


def first(x: Tensor, w: Tensor | None) -> Tensor:
    """First element that is no padding; not a number where there is none."""
    if not x.shape[-1]:
        return x.new_full(x.shape[:-1], torch.nan)
    if w is None:
        return x[..., 0]
    place = (w > 0).double().argmax(-1, keepdim=True)
    return torch.where((w > 0).any(-1), x.gather(-1, place).squeeze(-1), torch.nan)


def last(x: Tensor, w: Tensor | None) -> Tensor:
    """Last element that is no padding; not a number where there is none."""
    return first(x.flip(-1), None if w is None else w.flip(-1))


def identity(x: Tensor) -> Tensor:
    """x."""
    return x


def log(x: Tensor) -> Tensor:
    """log(max(x, 1e-12))."""
    return x.clamp(min=EPS).log()


def abslog(x: Tensor) -> Tensor:
    """log(max(|x|, 1e-12))."""
    return x.abs().clamp(min=EPS).log()


def absolute(x: Tensor) -> Tensor:
    """|x|."""
    return x.abs()


def square(x: Tensor) -> Tensor:
    """x^2."""
    return x * x


def exp(x: Tensor) -> Tensor:
    """e^x."""
    return x.exp()


def relu(x: Tensor) -> Tensor:
    """max(x, 0)."""
    return x.clamp(min=0)


def reciprocal(x: Tensor) -> Tensor:
    """x / max(x^2, 1e-24): 1/x away from zero, 0 at zero, continuous."""
    return x / (x * x).clamp(min=EPS * EPS)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^-x)."""
    return x.sigmoid()


def sqrt(x: Tensor) -> Tensor:
    """sqrt(max(x, 0))."""
    return x.clamp(min=0).sqrt()


def neg(x: Tensor) -> Tensor:
    """-x."""
    return -x


def zscore(x: Tensor, w: Tensor | None) -> Tensor:
    """(x - mean) / max(std, 1e-12)."""
    return (x - mean(x, w).unsqueeze(-1)) / std(x, w).clamp(min=EPS).unsqueeze(-1)


def min_max(x: Tensor, w: Tensor | None) -> Tensor:
    """(x - min) / max(max - min, 1e-12)."""
    low, high = minimum(x, w).unsqueeze(-1), maximum(x, w).unsqueeze(-1)
    return (x - low) / (high - low).clamp(min=EPS)


def log_softmax(x: Tensor, w: Tensor | None) -> Tensor:
    """x - log(sum(e^x))."""
    shifted = x - maximum(x, w).unsqueeze(-1)
    return shifted - total(shifted.clamp(max=0).exp(), w).log().unsqueeze(-1)


def softmax(x: Tensor, w: Tensor | None) -> Tensor:
    """e^x / sum(e^x)."""
    return log_softmax(x, w).exp()


def add(x: Tensor, y: Tensor) -> Tensor:
    """x + y."""
    return x + y


def sub(x: Tensor, y: Tensor) -> Tensor:
    """x - y."""
    return x - y


def mul(x: Tensor, y: Tensor) -> Tensor:
    """x y."""
    return x * y


def div(x: Tensor, y: Tensor) -> Tensor:
    """x y / max(y^2, 1e-24): x/y away from zero, 0 at zero, continuous."""
    return x * (y / (y * y).clamp(min=EPS * EPS))


def matmul(x: Tensor, y: Tensor) -> Tensor:
    """x y^T over the last axis of two tensors of one shape, (..., rows, inner) to (..., rows, rows)."""
    return x @ y.transpose(-1, -2)


def max_tokens(x: Tensor) -> Tensor:
    """Maximum over tokens, (batch, tokens, width) to (batch, width)."""
    return x.amax(-2)


def max_heads(x: Tensor) -> Tensor:
    """Maximum over heads, (batch, heads, tokens, tokens) to (batch, tokens, tokens)."""
    return x.amax(1)
