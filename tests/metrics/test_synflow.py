"""Synaptic flow against its closed form, and what keeps it from being round-off."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lpzero.errors import LpzeroError
from lpzero.metrics import get_metric
from lpzero.metrics.synflow import _Homogeneous
from lpzero.operands.batch import Batch
from lpzero.operands.probe import Probe, probe_batch, untrained_model
from lpzero.spaces import Architecture, get_space
from lpzero.spaces.models.sites import SiteMap


def chain(model: Any) -> list[torch.Tensor]:
    """The absolute weights of the blocks, input first."""
    return [layer.weight.detach().abs() for b in model.blocks for layer in (b.mix, b.up, b.down)]


def test_synflow_of_a_linear_chain(tiny: Callable[..., Any], batch: Batch) -> None:
    # The flow of a token is R = 1' |Wn| ... |W1| 1; each of the n weights has sum(W * G) = R for each token.
    model = tiny(activation=nn.Identity)
    weights = chain(model)
    flow = torch.ones(3, dtype=torch.float64)
    for weight in weights:
        flow = weight @ flow
    tokens = batch.input_ids.shape[1]
    expected = len(weights) * tokens * flow.sum().item()
    assert get_metric("synflow").score_pass(model, model.site_map(), batch) == pytest.approx(expected)


def test_logsynflow_of_a_linear_chain(tiny: Callable[..., Any], batch: Batch) -> None:
    # The gradient by weight i is (1' |Wn| ... |Wi+1|)' (|Wi-1| ... |W1| 1)', for every token.
    model = tiny(activation=nn.Identity)
    weights = chain(model)
    expected = 0.0
    for i, weight in enumerate(weights):
        before, behind = torch.ones(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
        for earlier in weights[:i]:
            before = earlier @ before
        for later in reversed(weights[i + 1 :]):
            behind = behind @ later
        gradient = batch.input_ids.shape[1] * torch.outer(behind, before)
        expected += (weight * (1 + gradient).log()).sum().item()
    assert get_metric("logsynflow").score_pass(model, model.site_map(), batch) == pytest.approx(expected)


def test_the_flow_ignores_signs_and_data(tiny: Callable[..., Any], batch: Batch) -> None:
    model, metric = tiny(), get_metric("synflow")
    before = metric.score_pass(model, model.site_map(), batch)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.neg_()
    other = Batch(batch.input_ids.flip(1), batch.labels.flip(0))
    assert metric.score_pass(model, model.site_map(), other) == pytest.approx(before)


def test_nothing_is_added_to_the_ones() -> None:
    """A decoder adds positions to its words: the flow is the same whatever these positions are."""
    space, probe = get_space("gpt2", "own"), Probe(batch=1, tokens=8)
    model, site_map = untrained_model(space, space.sample(np.random.default_rng(0)), probe)
    batch, metric = probe_batch(space, probe), get_metric("synflow")
    before = metric.score_pass(model, site_map, batch)
    with torch.no_grad():
        model.embedding_position.weight.mul_(7)
    assert metric.score_pass(model, site_map, batch) == before


def test_a_softmax_is_uniform_where_it_is_not_masked() -> None:
    logits = torch.tensor([[5.0, 1e30, -torch.inf], [torch.finfo(torch.float32).min, 0.0, 3.0]])
    expected = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    with _Homogeneous():
        forms = (logits.softmax(-1), torch.softmax(logits, dim=-1), nn.functional.softmax(logits, dim=-1))
    for shares in forms:
        assert torch.equal(shares, expected)
    assert not torch.equal(logits.softmax(-1), expected)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_of_torch_gives_equal_shares(causal: bool) -> None:
    q, v = torch.randn(1, 4, 3, 2) * 1e6, torch.randn(1, 2, 3, 2)
    shares = torch.ones(3, 3).tril() if causal else torch.ones(3, 3)
    expected = (shares / shares.sum(-1, keepdim=True)) @ v.repeat_interleave(2, dim=1)
    closed = torch.tensor([[1.0, 1.0, 0.0]] * 3).bool()
    with _Homogeneous():
        found = nn.functional.scaled_dot_product_attention(q, v, v, is_causal=causal, enable_gqa=True)
        masked = nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=closed)
        added = nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=(~closed).float() * -1e38 * 3)
    torch.testing.assert_close(found, expected)
    for one in (masked, added):
        torch.testing.assert_close(one, q[:, :, :2].mean(2, keepdim=True).expand(1, 4, 3, 2))


def test_the_attention_module_of_torch_gives_equal_shares() -> None:
    # in single precision sums of thousands that cancel differ by where they lie in memory
    attention = nn.MultiheadAttention(4, 2, batch_first=True, bias=False).double()
    x = torch.randn(1, 3, 4).double() * 1e3
    value = attention.in_proj_weight[8:]
    expected = (x @ value.T).mean(1, keepdim=True).expand(1, 3, 4) @ attention.out_proj.weight.T
    softmax, fused = nn.functional.softmax, nn.functional.scaled_dot_product_attention
    for weights in (False, True):
        with _Homogeneous():
            found, _ = attention(x, x, x, need_weights=weights)
        torch.testing.assert_close(found, expected)
    assert (nn.functional.softmax, nn.functional.scaled_dot_product_attention) == (softmax, fused)


def test_a_norm_that_is_a_function_passes_its_input_on() -> None:
    x = torch.randn(2, 3)
    with _Homogeneous():
        assert nn.functional.layer_norm(x, (3,)) is x
        assert nn.functional.rms_norm(x, (3,)) is x
        assert nn.functional.normalize(input=x) is x


def test_a_model_through_which_nothing_flows_is_refused(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny(activation=lambda: nn.Threshold(1e300, 0.0))
    with pytest.raises(LpzeroError, match="nothing flows through the weights of the blocks"):
        get_metric("synflow").score_pass(model, model.site_map(), batch)


def test_the_value_does_not_hang_on_the_precision(
    tiny: Callable[..., Any], batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("synflow", "logsynflow"):
        metric, model = get_metric(name), tiny(activation=nn.GELU)
        double = metric.score_pass(model, model.site_map(), batch)
        with monkeypatch.context() as patch:
            patch.setattr("lpzero.metrics.precision.PRECISION", torch.float32)
            single = metric.score_pass(model.float(), model.site_map(), batch)
        assert single != double
        assert single == pytest.approx(double, rel=1e-3)
        other = tiny(activation=nn.GELU, seed=1)
        assert metric.score_pass(other, other.site_map(), batch) != pytest.approx(double, rel=1e-3)


def test_a_model_without_blocks_has_no_flow(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny(blocks=0)
    with pytest.raises(LpzeroError, match="depends on no weight of a block"):
        get_metric("synflow").score_pass(model, model.site_map(), batch)


def test_hidden_states_are_needed(tiny: Callable[..., Any], batch: Batch) -> None:
    class Silent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = tiny()

        def forward(self, **wanted: Any) -> Any:
            output = self.inner(**wanted)
            output.hidden_states = None
            return output

    with pytest.raises(LpzeroError, match="the model returned none"):
        get_metric("synflow").score_pass(Silent(), SiteMap(0, (), (), "inner.embedding"), batch)


def test_a_model_that_shows_no_hidden_states_is_asked_what_its_output_is_given(
    tiny: Callable[..., Any], batch: Batch
) -> None:
    class Silent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = tiny(activation=nn.GELU)

        def forward(self, **wanted: Any) -> Any:
            output = self.inner(**wanted)
            output.hidden_states = ()
            return output

    model = Silent()
    inner = model.inner.site_map()
    parameters = tuple(replace(site, parameter=f"inner.{site.parameter}") for site in inner.parameters)
    for name in ("synflow", "logsynflow"):
        wanted = get_metric(name).score_pass(model.inner, inner, batch)
        found = get_metric(name).score_pass(model, SiteMap(2, parameters, (), "inner.embedding"), batch)
        assert found == pytest.approx(wanted)


def test_deep_models_stay_finite(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny(blocks=40, activation=nn.ReLU)
    assert math.isfinite(get_metric("synflow").score_pass(model, model.site_map(), batch))


def test_recurrent_layers_are_refused_since_they_saturate() -> None:
    whole: dict[str, Any] = {"d_embed": 32, "cell": "plain", "tied": True, "projection": True, "residual": False}
    space = get_space("rnn")
    built: Any = space.build(Architecture.of("rnn", whole, [{"d_hidden": 32}]), 0)
    ids = torch.arange(8).view(2, 4)
    for name in ("synflow", "logsynflow"):
        with pytest.raises(
            LpzeroError, match="synaptic flow needs parts that let through twice as much of twice the inp"
        ):
            get_metric(name).score_pass(built, built.site_map(), Batch(ids, ids))
