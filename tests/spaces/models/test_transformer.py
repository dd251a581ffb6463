"""The base of the models, by a family of one matrix a block whose numbers can be worked out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.models.sites import BlockSites, LanguageModel, ParameterSite, named_weights
from lpzero.spaces.models.transformer import Transformer
from lpzero.spaces.space import Objective

IDS = torch.tensor([[1, 4, 2], [0, 3, 3]])


class Mixing(nn.Module):
    """Adds what its matrix makes of the stream, scaled; says its input as probabilities."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.operation = nn.ModuleDict({"mix": nn.Linear(width, width, bias=False)})

    def forward(self, x: Tensor, scale: float = 1.0) -> tuple[Tensor, Tensor | None]:
        """Probabilities where the scale is not 1."""
        return x + scale * self.operation["mix"](x), None if scale == 1 else x


class Tiny(Transformer):
    """Five ids, four wide, two blocks, and the embedding as the output."""

    def __init__(self, *, norm: bool = False) -> None:
        super().__init__(max_tokens=4)
        self.embedding = nn.Embedding(5, 4)
        self.blocks = nn.ModuleList(Mixing(4) for _ in range(2))
        self.final_norm = nn.LayerNorm(4) if norm else None

    def embed(self, input_ids: Tensor) -> Tensor:
        """The table alone."""
        embedded: Tensor = self.embedding(input_ids)
        return embedded

    def predict(self, x: Tensor) -> Tensor:
        """By the table."""
        return x @ self.embedding.weight.T

    def embedding_weights(self) -> Mapping[str, str]:
        """The table."""
        return {"word": "embedding.weight"}

    def block_sites(self, index: int) -> BlockSites:
        """The matrix."""
        return BlockSites(named_weights("operation", ["mix"]), {}, {})


class Masked(Tiny):
    """Predicts ids at their places."""

    objective: ClassVar[Objective] = "masked"


class Scaled(Tiny):
    """Gives every block a half and the mean of the embedding."""

    def block_inputs(self, x: Tensor) -> dict[str, Any]:
        """By name."""
        assert x.shape == (2, 3, 4)
        return {"scale": 0.5}


def made(kind: Callable[..., Tiny], **options: bool) -> Tiny:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return kind(**options)


def stream(model: Tiny, scale: float = 1.0) -> list[Tensor]:
    """The residual stream by hand."""
    found = [model.embedding.weight[IDS]]
    for block in model.blocks:
        found.append(found[-1] + scale * found[-1] @ block.operation["mix"].weight.T)
    return found


def test_the_states_are_the_stream_before_and_behind_each_block() -> None:
    model = made(Tiny)
    output = model(IDS, IDS, output_hidden_states=True, output_attentions=True)
    assert output.attentions == (None, None)
    for found, expected in zip(output.hidden_states, stream(model), strict=True):
        torch.testing.assert_close(found, expected)


def test_what_blocks_take_beside_the_stream_reaches_each() -> None:
    model = made(Scaled)
    output = model(IDS, IDS, output_hidden_states=True, output_attentions=True)
    for found, expected in zip(output.hidden_states, stream(model, 0.5), strict=True):
        torch.testing.assert_close(found, expected)
    for found, expected in zip(output.attentions, stream(model, 0.5)[:-1], strict=True):
        torch.testing.assert_close(found, expected)


def test_what_is_not_asked_for_is_not_returned() -> None:
    output = made(Tiny)(IDS, IDS)
    assert (output.hidden_states, output.attentions) == (None, None)


@pytest.mark.parametrize("norm", [False, True])
def test_the_logits_stand_behind_the_final_norm(norm: bool) -> None:
    model = made(Tiny, norm=norm)
    last = stream(model)[-1]
    expected = nn.functional.layer_norm(last, (4,)) if norm else last
    torch.testing.assert_close(model.logits(IDS), expected @ model.embedding.weight.T)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("kind", [Tiny, Masked])
def test_the_loss_is_that_of_the_logits_at_the_labels(kind: Callable[..., Tiny], norm: bool) -> None:
    model = made(kind, norm=norm)
    labels = torch.tensor([[1, -100, 2], [3, 3, -100]])
    logits, wanted = model.logits(IDS), labels
    if kind is Tiny:
        logits, wanted = logits[:, :-1], labels[:, 1:]
    # torch's own rule for -100, over the logits of every position
    expected = nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())
    torch.testing.assert_close(model(IDS, labels).loss, expected)


def test_the_first_label_of_a_row_counts_in_a_masked_model_alone() -> None:
    labels = torch.tensor([[1, -100, -100], [0, -100, -100]])
    assert made(Masked)(IDS, labels).loss.isfinite()
    with pytest.raises(InputError, match=r"^labels: expected one that is not -100 behind the first, found none$"):
        made(Tiny)(IDS, labels)


def test_an_input_that_is_too_long_is_refused_before_its_labels_are_looked_at() -> None:
    ids = torch.zeros((1, 5), dtype=torch.int64)
    for call in (lambda model: model(ids, ids - 100), lambda model: model.logits(ids)):
        with pytest.raises(InputError, match=r"^input_ids: expected at most 4 tokens, found 5$"):
            call(made(Tiny))


def test_the_sites_are_those_that_the_family_says() -> None:
    model = made(Tiny)
    assert isinstance(model, LanguageModel)
    sites = model.site_map()
    assert sites.parameters == (
        ParameterSite(0, "word", "embedding", "embedding.weight"),
        ParameterSite(1, "mix", "operation", "blocks.0.operation.mix.weight"),
        ParameterSite(2, "mix", "operation", "blocks.1.operation.mix.weight"),
    )
    assert (sites.depth, sites.outputs, sites.embedding) == (2, (), "embedding")


def test_the_weights_have_the_order_in_which_the_family_makes_them() -> None:
    names = [name for name, _ in made(Tiny, norm=True).named_parameters()]
    mixing = [f"blocks.{i}.operation.mix.weight" for i in range(2)]
    assert names == ["embedding.weight", *mixing, "final_norm.weight", "final_norm.bias"]


def test_a_copy_is_a_model_of_its_own() -> None:
    model = made(Tiny)
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.embedding.weight.zero_()
    assert not torch.equal(model.logits(IDS), other.logits(IDS))


def test_a_family_without_its_parts_is_none() -> None:
    with pytest.raises(TypeError, match="block_sites"):
        type("Nothing", (Transformer,), {})(4)
