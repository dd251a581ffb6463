"""What a pass shows of a model that did not name its sites, checked before it is believed."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from lpzero.operands.batch import Batch
from lpzero.operands.gradients import reaching
from lpzero.operands.operand import SiteFamily
from lpzero.operands.record import Record, arranged, joined
from lpzero.spaces.models.sites import Reading

Places = list[tuple[tuple[int, str], Tensor]]
"""Tensors, each with its layer and its role there."""


class Shown:
    """What a pass shows of a model that did not name its sites, checked before it is believed."""

    def __init__(self, reading: Reading | None, seen: Record, batch: Batch) -> None:
        self._reading, self._seen = reading, seen
        self._shape = (batch.input_ids.shape[0], batch.input_ids.shape[1])
        self.refused = {} if reading is None else dict(reading.refused)
        self.loose: dict[SiteFamily, str] = {}

    def attended(self, attentions: list[Tensor]) -> Places:
        """The attentions at their layers; none of them where one is no probabilities."""
        assert self._reading is not None
        if "attention" in self.refused or not attentions:
            return []
        reason = next((reason for a in attentions if (reason := _not_probable(a))), "")
        if not reason and len(attentions) != len(self._reading.attention):
            reason = f"expected {len(self._reading.attention)} of them from the model, found {len(attentions)}"
        if reason:
            self.refused["attention"] = self.refused["heads"] = f"`attentions` of the model: {reason}"
            return []
        return [(place, a) for place, a in zip(self._reading.attention, attentions, strict=True)]

    def streams(self, hidden: tuple[Tensor, ...]) -> Places:
        """The hidden states at their layers, as the model returns them or as its blocks pass them on."""
        assert self._reading is not None
        if "hidden" in self.refused:
            return []
        if self._reading.hidden is not None:
            found = list(zip(self._reading.hidden, hidden, strict=False))
            return [(place, self.arranged("hidden", h)) for place, h in found]
        streams = [(s, self._seen.streams[s]) for s in self._reading.streams if s in self._seen.streams]
        return [((s.layer, s.role), self.arranged("hidden", tensor)) for s, tensor in streams]

    def jacobian(self, calls: list[Tensor]) -> Places:
        """The gradient at the embedding: those at all calls of it that reach the loss, joined in order."""
        if not calls:
            return []
        batch, tokens = self._shape
        tensor, in_order = joined(reaching(calls), tokens)
        square, whole = batch == tokens, tensor.ndim == 3 and tensor.shape[:2] == self._shape
        if in_order and (self._reading is None or (whole and not square)):
            return [((0, "embedding"), tensor)]
        # of a square batch nothing tells whether a stream that has its tokens first has them there already
        open_axes = square and (self._reading is None or self._reading.axes != "batch first")
        return [((0, "embedding"), self.arranged("jacobian", tensor, strewn=not in_order or open_axes))]

    def arranged(self, family: SiteFamily, tensor: Tensor, layer: int = 0, *, strewn: bool = False) -> Tensor:
        """A tensor as (batch, tokens, width) where that is certain; else it is as it was, and its family is loose."""
        if self._reading is None and not strewn:
            return tensor
        found = None
        if self._reading is not None and not strewn:
            turned = layer in self._reading.convolved
            found = arranged(tensor, self._shape, self._reading.axes, turned=turned)
        if found is None:
            self.loose[family] = (
                f"expected tensors (batch, tokens, width) of {self._shape[0]} x {self._shape[1]} tokens to look along "
                f"their axes, found {tuple(tensor.shape)}"
            )
        return tensor if found is None else found


def _not_probable(attention: Any) -> str:
    """Why an attention is none of probabilities; empty where it is."""
    if not isinstance(attention, Tensor) or attention.ndim != 4:
        shape = tuple(attention.shape) if isinstance(attention, Tensor) else type(attention).__name__
        return f"expected probabilities (batch, heads, tokens, tokens), found {shape}"
    if bool((attention < 0).any()):
        return "expected probabilities, found numbers below 0"
    rows = attention.detach().float().sum(-1)
    # bfloat16 has three digits
    if not bool(((rows - 1).abs() < 2e-2).all()):
        return (
            f"expected probabilities whose rows add up to 1, found {float(rows.min()):.4g} to {float(rows.max()):.4g}"
        )
    return ""
