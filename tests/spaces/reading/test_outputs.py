"""Sites of outputs, in models whose names say something and in such whose names do not."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.sites import SiteMap
from lpzero.spaces.reading.read import read_model
from tests.spaces.reading.zoo import WIDTH, Block, ExpertBlock, Model, seeded


def read(model: nn.Module) -> SiteMap:
    ids = torch.arange(18).view(2, 9)
    return read_model(Answering(model, "causal"), ids, ids)


def roles(sites: SiteMap, family: str) -> list[tuple[int, str]]:
    return [(site.layer, site.role) for site in sites.outputs if site.family == family]


def test_without_names_heads_are_what_the_attention_multiplies() -> None:
    sites = read(seeded(lambda: Model(Block(), Block())))
    assert roles(sites, "head") == [(layer, f"u.{part}") for layer in (1, 2) for part in "abc"]
    assert roles(sites, "activation") == [(1, "w.f"), (2, "w.f")]


class Fused(nn.Module):
    """Query, key and value of one weight with a name that says nothing."""

    def __init__(self, names: tuple[str, ...], widths: tuple[int, ...]) -> None:
        super().__init__()
        self.names = names
        for name, width in zip(names, widths, strict=True):
            setattr(self, name, nn.Linear(WIDTH, width))

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        q, k, v = torch.cat([getattr(self, name)(x) for name in self.names], -1).split(WIDTH, -1)
        return x + (q @ k.transpose(1, 2)).softmax(-1) @ v


def test_one_weight_of_three_is_read_in_thirds() -> None:
    sites = read(seeded(lambda: Model(Fused(("mix",), (3 * WIDTH,)))))
    assert roles(sites, "head") == [(1, f"mix.{part}") for part in ("query", "key", "value")]


def test_heads_that_are_named_in_part_are_left_open_where_the_rest_cannot_be_told() -> None:
    sites = read(seeded(lambda: Model(Fused(("query", "rest"), (WIDTH, 2 * WIDTH)))))
    assert sites.reading is not None
    assert "whether model.blocks.0.rest.weight makes a query" in sites.reading.refused["head"]


def test_a_non_linearity_of_an_operation_is_no_activation() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.act, self.outer = nn.Linear(WIDTH, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.outer(self.act(self.inner(x).cumsum(1)))

    assert roles(read(seeded(lambda: Model(Gated()))), "activation") == []


def test_experts_that_no_token_went_to_have_their_sites_all_the_same() -> None:
    sites = read(seeded(lambda: Model(ExpertBlock())))
    assert sorted(roles(sites, "activation")) == [(1, f"w.parts.{number}.f") for number in range(4)]
