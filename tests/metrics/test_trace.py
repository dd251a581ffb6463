"""The traced pass: what it reads, and what it says where there is nothing to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.metrics import get_metric
from lpzero.metrics.trace import first_input, gradients, trace, traced_activations
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.sites import BlockCall, OutputSite, SiteMap
from lpzero.spaces.reading.read import read_model
from tests.spaces.reading.zoo import Block, FeedForward, Model, seeded


def test_a_trace_shows_what_extract_shows(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    traced, operands = trace(model, model.site_map(), batch, activations=True), extract(model, model.site_map(), batch)
    assert traced.loss.item() == pytest.approx(operands.loss)
    for mine, theirs in zip(traced.activations, operands.tensors["activation"], strict=True):
        torch.testing.assert_close(mine.values(), (theirs,))
    for mine, theirs in zip(gradients(traced.loss, traced.weights), operands.tensors["grad"], strict=True):
        torch.testing.assert_close(mine, theirs)


def test_an_output_site_may_be_an_input_or_a_part(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    whole = OutputSite("activation", 1, "all", "blocks.0.down", take="input")
    parts = (replace(whole, role="a", part=(0, 2)), replace(whole, role="b", part=(2, 5)))
    sites = replace(model.site_map(), outputs=(whole, *parts))
    all_of_it, first, second = (
        activation.values()[0] for activation in trace(model, sites, batch, activations=True).activations
    )
    assert torch.equal(torch.cat([first, second], dim=-1), all_of_it)


def test_every_call_is_kept_and_those_of_one_application_are_told_apart(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    model.blocks[1] = model.blocks[0]
    site = OutputSite("activation", 1, "act", "blocks.1.act")
    turns = tuple(replace(site, role=f"{turn}", block=BlockCall("blocks.0", turn)) for turn in (0, 1))
    sites = replace(model.site_map(), outputs=(site, *turns))
    both, first, second = trace(model, sites, batch, activations=True).activations
    assert [call.data_ptr() for call in both.calls] == [first.calls[0].data_ptr(), second.calls[0].data_ptr()]
    assert len(first.calls) == len(second.calls) == 1
    assert not model.blocks[0]._forward_pre_hooks


def test_an_embedding_that_is_called_twice_shows_both(tiny: Callable[..., Any], batch: Batch) -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = tiny()

        def forward(self, input_ids: Tensor, labels: Tensor) -> Any:
            one, other = self.inner(input_ids, labels), self.inner(input_ids.flip(1), labels)
            return SimpleNamespace(loss=one.loss + other.loss)

    model = Twice()
    sites = SiteMap(0, (), (), "inner.embedding")
    calls = trace(model, sites, batch).embedding
    assert torch.equal(calls[0], calls[1].flip(1))
    assert get_metric("jacobian_cosine").score_pass(model, sites, batch) < 1


@pytest.mark.parametrize("metric", ["fisher", "activation_distance", "jacobian_cosine"])
def test_what_a_model_writes_over_is_seen_as_it_was(metric: str, batch: Batch) -> None:
    class Over(FeedForward):
        def forward(self, x: Tensor) -> Tensor:
            h = self.f(self.p(x))
            h -= 0.3
            return self.r(h)  # type: ignore[no-any-return]

    class Beside(FeedForward):
        def forward(self, x: Tensor) -> Tensor:
            return self.r(self.f(self.p(x)) - 0.3)  # type: ignore[no-any-return]

    def made(kind: type[FeedForward]) -> nn.Module:
        block = Block()
        block.w = kind()
        return Model(block)

    def score(kind: type[FeedForward]) -> float:
        model = Answering(seeded(lambda: made(kind)), "causal")
        return get_metric(metric).score_pass(model, read_model(model, batch.input_ids, batch.labels), batch)

    assert score(Over) == score(Beside) != 0


def test_an_input_by_name_is_the_first_one(tiny: Callable[..., Any], batch: Batch) -> None:
    assert first_input((), {"x": 1, "y": 2}) == 1
    assert first_input((3,), {"x": 1}) == 3
    assert first_input((), {}) is None


def test_sparse_gradients_are_made_dense() -> None:
    table = nn.Embedding(4, 2, sparse=True)
    (gradient,) = gradients(table(torch.tensor([1, 1])).sum(), (table.weight,))
    assert gradient.tolist() == [[0, 0], [2, 2], [0, 0], [0, 0]]


def test_a_site_that_is_not_reached_is_named(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    model.spare = nn.ReLU()
    sites = replace(model.site_map(), outputs=(OutputSite("activation", 1, "spare", "spare"),))
    with pytest.raises(LpzeroError, match="did not reach the module spare"):
        traced_activations("fisher", model, sites, batch)
    assert trace(model, sites, batch).activations == ()
    with pytest.raises(LpzeroError, match="expected a tensor from the module spare, the embedding"):
        trace(model, replace(sites, outputs=(), embedding="spare"), batch)


def test_a_model_without_a_loss_is_refused(batch: Batch) -> None:
    class Mute(nn.Module):
        def forward(self, input_ids: Tensor, labels: Tensor) -> SimpleNamespace:
            return SimpleNamespace(loss=None)

    with pytest.raises(LpzeroError, match="the model returned no loss"):
        trace(Mute(), SiteMap(0, (), (), ""), batch)
