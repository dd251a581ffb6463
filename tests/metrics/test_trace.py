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
from lpzero.metrics.trace import gradients, trace, traced_activations
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.spaces.models.sites import OutputSite, SiteMap


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


def test_a_site_that_is_not_reached_is_named(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    model.spare = nn.ReLU()
    sites = replace(model.site_map(), outputs=(OutputSite("activation", 1, "spare", "spare"),))
    with pytest.raises(LpzeroError, match="did not reach the module spare"):
        traced_activations("fisher", model, sites, batch)
    assert trace(model, sites, batch).activations == ()
    with pytest.raises(LpzeroError, match="did not reach the module spare"):
        trace(model, replace(sites, outputs=(), embedding="spare"), batch)


def test_a_model_without_a_loss_is_refused(batch: Batch) -> None:
    class Mute(nn.Module):
        def forward(self, input_ids: Tensor, labels: Tensor) -> SimpleNamespace:
            return SimpleNamespace(loss=None)

    with pytest.raises(LpzeroError, match="the model returned no loss"):
        trace(Mute(), SiteMap(0, (), (), ""), batch)
