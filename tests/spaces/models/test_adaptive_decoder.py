"""A decoder between adaptive embedding and softmax: its loss, its sites and its initial weights, without a family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.models.adaptive import AdaptiveEmbedding, AdaptiveSoftmax
from lpzero.spaces.models.adaptive_decoder import AdaptiveDecoder, draw
from lpzero.spaces.models.adaptive_plan import AdaptiveDecoderPlan
from lpzero.spaces.models.sites import BlockSites
from lpzero.spaces.models.weights import build_seeded


@dataclass(frozen=True)
class Plan(AdaptiveDecoderPlan):
    """Clusters of 4, 6 and 10 ids."""

    cutoffs: ClassVar[tuple[int, ...]] = (0, 4, 10, 20)


class Decoder(AdaptiveDecoder):
    """No blocks."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(max_tokens=8)
        self.embedding = AdaptiveEmbedding(plan)
        self.blocks = nn.ModuleList()
        self.final_norm = None
        self.output = AdaptiveSoftmax(plan)

    def embed(self, input_ids: Tensor) -> Tensor:
        """The embedding alone."""
        embedded: Tensor = self.embedding(input_ids)
        return embedded

    def block_sites(self, index: int) -> BlockSites:
        """There are none."""
        raise NotImplementedError


def built(width: int = 8, shrink: int = 2) -> Decoder:
    plan = Plan(width=width, embedding_width=8, shrink=shrink, inner_widths=(), heads=())
    return build_seeded(lambda: Decoder(plan), 0, draw)


IDS = torch.randint(20, (2, 8), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shrink", [1, 2])
def test_the_loss_is_that_of_the_logarithms(shrink: int) -> None:
    model = built(shrink=shrink)
    logits = model.logits(IDS)
    torch.testing.assert_close(logits.exp().sum(-1), torch.ones(2, 8))
    expected = nn.functional.nll_loss(logits[:, :-1].flatten(0, 1), IDS[:, 1:].flatten())
    torch.testing.assert_close(model(IDS, IDS).loss, expected)


@pytest.mark.parametrize(
    ("width", "shrink", "before", "behind"),
    [
        (8, 1, ["word_0"], ["cluster"]),
        (6, 1, ["word_0", "projection_0"], ["projection", "cluster"]),
        (8, 2, [f"{role}_{i}" for role in ("word", "projection") for i in range(3)], ["projection", "cluster"]),
    ],
)
def test_every_weight_is_a_site(width: int, shrink: int, before: list[str], behind: list[str]) -> None:
    model = built(width, shrink)
    sites = model.site_map().parameters
    assert [site.role for site in sites if site.group == "embedding"] == before
    assert [site.role for site in sites if site.group == "output"] == behind
    assert {site.layer for site in sites} == {0, 1}
    assert [site.parameter for site in sites] == [name for name, p in model.named_parameters() if p.ndim >= 2]


def test_projections_start_with_half_the_deviation_of_the_rest() -> None:
    plan = Plan(width=64, embedding_width=512, shrink=2, inner_widths=(), heads=())
    for name, weight in build_seeded(lambda: Decoder(plan), 0, draw).named_parameters():
        if weight.ndim >= 2 and weight.numel() > 1000:
            assert weight.std().item() == pytest.approx(0.01 if "projection" in name else 0.02, rel=0.1), name
