"""Ten thousand of the cheapest models that show every operand: decoders of one block, up to 23 wide.

What they cost is what the package costs beside the passes of real models, which is what shall not grow. The space has
the members that a bank asks for, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lpzero.spaces import Architecture
from lpzero.spaces.models.output import ModelOutput
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap
from lpzero.spaces.models.weights import build_seeded, xavier

VOCABULARY = 16
WIDTHS, INNER = range(4, 24), range(4, 504)


class CheapModel(nn.Module):
    """One block of one head, without biases."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, width)
        self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.up, self.act = nn.Linear(width, inner, bias=False), nn.GELU()
        self.down = nn.Linear(inner, width, bias=False)
        self.output = nn.Linear(width, VOCABULARY, bias=False)

    def forward(self, input_ids: Tensor, labels: Tensor, **_shown: Any) -> ModelOutput:
        """Causal loss, with hidden states and attention probabilities."""
        x = self.embedding(input_ids)
        scores = self.query(x) @ self.key(x).transpose(-1, -2) / x.shape[-1] ** 0.5
        attention = (scores + torch.full(scores.shape[-2:], -torch.inf).triu(1)).softmax(-1)
        y = x + attention @ self.value(x)
        y = y + self.down(self.act(self.up(y)))
        logits = self.output(y)[:, :-1].flatten(0, 1)
        loss = nn.functional.cross_entropy(logits, labels[:, 1:].flatten())
        return ModelOutput(loss, (x, y), (attention.unsqueeze(1),))

    def site_map(self) -> SiteMap:
        """Every weight and output."""
        parameters = [ParameterSite(0, "words", "embedding", "embedding.weight")]
        parameters += [ParameterSite(1, role, "operation", f"{role}.weight") for role in ("query", "key", "value")]
        parameters += [ParameterSite(1, role, "feed_forward", f"{role}.weight") for role in ("up", "down")]
        parameters += [ParameterSite(2, "output", "output", "output.weight")]
        heads = [OutputSite("head", 1, role, role) for role in ("query", "key", "value")]
        return SiteMap(1, tuple(parameters), (*heads, OutputSite("activation", 1, "act", "act")), "embedding")


@dataclass(frozen=True)
class CheapSpace:
    """The models by their width and the inner width of their feed-forward."""

    name = "cheap"
    protocol = "one"
    objective = "causal"
    vocabulary = VOCABULARY
    max_tokens = 64

    def build(self, architecture: Architecture, seed: int) -> nn.Module:
        """The untrained model."""
        width, inner = int(architecture["d_model"]), int(architecture["d_inner"])
        return build_seeded(lambda: CheapModel(width, inner), seed, xavier)

    def key(self, architecture: Architecture) -> str:
        """A stable key."""
        return architecture.digest

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Their number alone."""
        width, inner = int(architecture["d_model"]), int(architecture["d_inner"])
        return {"total": width * (2 * VOCABULARY + 3 * width + 2 * inner)}


def architectures(number: int) -> list[Architecture]:
    """The first of all of them in a fixed random order."""
    every = [(width, inner) for width in WIDTHS for inner in INNER]
    order = np.random.default_rng(0).permutation(len(every))[:number]
    named = [{"d_model": every[i][0], "d_inner": every[i][1]} for i in order]
    return [Architecture.of("cheap", whole, [{}]) for whole in named]
