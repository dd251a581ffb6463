"""What a sub-network learns from: how far its predictions are from the checkpoint's, and from the text's own tokens.

Predictions are the largest tensors of a step, and what is done with them would make a dozen of their size. They are
read a few positions at a time instead, and the gradient is made while they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lpzero.compression.texts import IGNORED

READ = 2**22
"""Predictions that are read at once: 16 MiB in float32."""


@dataclass(frozen=True)
class Distilled:
    """What was missed.

    Attributes:
        total: What is learned from: the divergence and the weighted language-model loss. It alone has a gradient.
        divergence: KL(checkpoint || sub-network), the mean over all positions, in nats a token. The checkpoint says
            something at every place, also where the text says nothing.
        loss: Language-model loss, the mean over the positions that have a label, in nats a token.
    """

    total: Tensor
    divergence: float
    loss: float


def distilled(logits: Tensor, labels: Tensor, answers: Sequence[Tensor], language_loss: float = 0.0) -> Distilled:
    """How far a sub-network is from what it shall say.

    Args:
        logits: (windows, tokens, vocabulary) of the sub-network, of any floating-point kind.
        labels: (windows, tokens) ids; ``IGNORED`` where the text says nothing.
        answers: Of each window the checkpoint's logits, (tokens, vocabulary).
        language_loss: Weight of the language-model loss.
    """
    total, divergence, loss = _Distil.apply(logits, labels, answers, language_loss)  # type: ignore[no-untyped-call]
    return Distilled(total, float(divergence), float(loss))


class _Distil(torch.autograd.Function):
    """The gradient by logits: chances less those that are wanted, at each position."""

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, labels: Tensor, answers: Sequence[Tensor], language_loss: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        rows = max(1, READ // logits.shape[-1])
        positions, asked = labels.numel(), int((labels != IGNORED).sum())
        gradient = torch.empty_like(logits)
        divergence, loss = logits.new_zeros((), dtype=torch.float64), logits.new_zeros((), dtype=torch.float64)
        for window, answer in enumerate(answers):
            for begin in range(0, labels.shape[1], rows):
                read = (window, slice(begin, begin + rows))
                said = functional.log_softmax(logits[read].float(), dim=-1)
                wanted = functional.log_softmax(answer[begin : begin + rows].float(), dim=-1)
                chances = wanted.exp()
                divergence += wanted.sub_(said).mul_(chances).sum(-1).double().sum()
                loss += functional.nll_loss(said, labels[read], ignore_index=IGNORED, reduction="sum").double()
                own = said.exp_()
                slope = own.sub(chances).div_(positions)
                if language_loss > 0:
                    slope.add_(_less_labels(own, labels[read]), alpha=language_loss / max(1, asked))
                gradient[read] = slope
        ctx.save_for_backward(gradient)
        divergence, loss = divergence / positions, loss / asked
        total = (divergence + language_loss * loss).float() if language_loss > 0 else divergence.float()
        ctx.mark_non_differentiable(divergence, loss)
        return total, divergence, loss

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * outer[0].to(gradient.dtype), None, None, None


def _less_labels(chances: Tensor, labels: Tensor) -> Tensor:
    """Chances (positions, vocabulary), less 1 at each label and 0 where there is none; in place."""
    has = labels != IGNORED
    chances *= has[:, None]
    chances[has.nonzero()[:, 0], labels[has]] -= 1
    return chances
