"""The conformance suite of models: what every built model keeps, under every protocol; and sites by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces import ModelOutput, OutputSite, ParameterSite, SearchSpace
from lpzero.spaces.models.sites import BlockSites, ModuleTensor, fused_heads, separate_heads, stack_sites
from lpzero.spaces.rnn.model import GAINS, reads_states

Run = tuple[Any, ModelOutput, Tensor]


def test_norms_start_as_the_identity_and_biases_at_zero(space: SearchSpace, run: Run) -> None:
    model, _, _ = run
    kinds = (nn.LayerNorm, nn.RMSNorm)
    norms = {f"{n}.weight" for n, module in model.named_modules() if isinstance(module, kinds)}
    # recurrent models have no norms
    assert bool(norms) == (space.name != "rnn")
    if space.pretrained:
        return
    for name, parameter in model.named_parameters():
        # the models of HW-GPT-Bench begin with biases as PyTorch draws them
        drawn = space.name == "hwgpt" and f"{name.rpartition('.')[0]}.weight" not in norms
        if parameter.ndim == 1 and not drawn:
            assert (parameter == (1 if name in norms else 0)).all(), name
        else:
            expected = _deviation(model, space, name, parameter)
            # the deviation of n normal numbers deviates by 1 / sqrt(2 n) of it
            tolerance = max(0.1, 3 / math.sqrt(parameter.numel()))
            assert parameter.std().item() == pytest.approx(expected, rel=tolerance), name


def _deviation(model: Any, space: SearchSpace, name: str, weight: Tensor) -> float:
    """Of the initial weights: Xavier's where the blocks are pre-norm FlexiBERT ones, PyTorch's, else .02 and .01."""
    if space.name == "rnn":
        inputs = weight.shape[1] / (3 if ".feed_forward." in name else 1)
        bound = (0.5 if model.plan.tied else 1.0) if name == "embedding.weight" else inputs**-0.5
        return float(bound / math.sqrt(3) * (GAINS[model.plan.cell] if reads_states(model.plan, name) else 1))
    if space.name == "hwgpt":
        return 1 / math.sqrt(3 * 768 * (4 if ".feed_forward.output." in name else 1))
    if space.name == "hat-mt" and name == "embedding.word.weight":
        return float(weight.shape[1] ** -0.5)
    if space.name == "hat-mt" or (space.name, space.protocol) == ("flexibert", "own"):
        rows, columns, *span = weight.shape
        return math.sqrt(2 / ((rows + columns) * math.prod(span)))
    return 0.01 if space.name != "flexibert" and "projection" in name else 0.02


def test_one_pass_gives_a_finite_loss_and_gradients(run: Run) -> None:
    model, output, _ = run
    assert output.loss.ndim == 0
    assert math.isfinite(output.loss.item())
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_hidden_states_and_attentions(run: Run) -> None:
    model, output, _ = run
    depth = model.site_map().depth
    assert output.hidden_states is not None
    assert len(output.hidden_states) == depth + 1
    assert {state.shape[:2] for state in output.hidden_states} == {(2, 16)}
    if model.site_map().recurrent:
        assert output.attentions is None
        return
    assert output.attentions is not None
    # the streams of an encoder and a decoder have a width each
    assert len({state.shape for state in output.hidden_states}) <= (2 if output.cross_attentions else 1)
    assert len(output.attentions) == depth
    assert any(attention is not None for attention in output.attentions)
    for attention in output.attentions:
        if attention is not None:
            assert attention.shape[0] == 2
            assert attention.shape[2:] == (16, 16)
            torch.testing.assert_close(attention.sum(-1), torch.ones(attention.shape[:3]))
    for attention in output.cross_attentions or ():
        if attention is not None:
            assert attention.shape[2] == 16
            assert attention.shape[3] in (16, 32, 48)
            torch.testing.assert_close(attention.sum(-1), torch.ones(attention.shape[:3]))


def test_what_is_not_asked_for_is_not_kept(run: Run) -> None:
    model, output, labels = run
    ids = labels.clamp(min=0)
    brief = model(input_ids=ids, labels=labels)
    assert brief.hidden_states is None
    assert brief.attentions is None
    assert output.hidden_states is not None


def test_the_site_map_names_every_weight_once(run: Run) -> None:
    model, _, _ = run
    sites = model.site_map()
    weights = [name for name, parameter in model.named_parameters() if parameter.ndim >= 2]
    assert sorted(site.parameter for site in sites.parameters) == sorted(weights)
    places = [(site.layer, site.role) for site in sites.parameters]
    assert len(set(places)) == len(places)
    last = sites.depth + 1
    groups = {0: {"embedding"}, last: {"output"}}
    for site in sites.parameters:
        assert site.group in groups.get(site.layer, {"operation", "feed_forward"})
        assert 0 <= site.layer <= last


def test_the_output_sites_are_modules_that_are_used(run: Run) -> None:
    model, _, labels = run
    sites = model.site_map()
    places = [(site.family, site.layer, site.role) for site in sites.outputs]
    assert len(set(places)) == len(places)
    for family in ("activation", "head"):
        if family in dict(sites.lacks):
            continue
        assert {site.layer for site in sites.outputs if site.family == family} == set(range(1, sites.depth + 1))
    modules = dict(model.named_modules())
    seen: dict[str, tuple[Tensor, Tensor]] = {}
    handles = [
        modules[name].register_forward_hook(
            lambda _module, taken, given, name=name: seen.update({name: (taken[0], given)})
        )
        for name in {sites.embedding, *(site.module for site in sites.outputs)}
    ]
    model(input_ids=labels.clamp(min=0), labels=labels)
    for handle in handles:
        handle.remove()
    assert seen[sites.embedding][1].ndim == 3
    for site in sites.outputs:
        tensor = seen[site.module][site.take == "output"]
        start, stop = site.part or (0, tensor.shape[-1])
        assert tensor.shape[:2] == (2, 16)
        assert 0 <= start < stop <= tensor.shape[-1]


def test_an_input_too_long_or_without_labels_is_refused(space: SearchSpace, run: Run) -> None:
    model, _, _ = run
    ids = torch.zeros(1, space.max_tokens + 1, dtype=torch.long)
    with pytest.raises(InputError, match=f"input_ids: expected at most {space.max_tokens} tokens"):
        model(input_ids=ids, labels=ids)
    with pytest.raises(InputError, match="labels: expected"):
        model(input_ids=ids[:, :4], labels=torch.full((1, 4), -100))


def test_the_sites_of_a_stack_by_hand() -> None:
    first = BlockSites(
        weights={"mix": "operation.mix.weight", "bias": "operation.bias", "inner": "feed_forward.0.weight"},
        heads={"mix": ModuleTensor("operation.mix", take="input"), "key": ModuleTensor("operation.all", part=(2, 4))},
        activations={"inner": "feed_forward.1"},
    )
    second = BlockSites(weights={"query": "operation.query.weight"}, heads=separate_heads(["query"]), activations={})
    ends = {"word": "words.weight", "position": "places.weight"}, {"cluster": "output.weight"}
    sites = stack_sites(ends[0], [first, second], ends[1], embedding="words")
    assert (sites.depth, sites.embedding) == (2, "words")
    assert sites.parameters == (
        ParameterSite(0, "word", "embedding", "words.weight"),
        ParameterSite(0, "position", "embedding", "places.weight"),
        ParameterSite(1, "mix", "operation", "blocks.0.operation.mix.weight"),
        ParameterSite(1, "bias", "operation", "blocks.0.operation.bias"),
        ParameterSite(1, "inner", "feed_forward", "blocks.0.feed_forward.0.weight"),
        ParameterSite(2, "query", "operation", "blocks.1.operation.query.weight"),
        ParameterSite(3, "cluster", "output", "output.weight"),
    )
    assert sites.outputs == (
        OutputSite("head", 1, "mix", "blocks.0.operation.mix", take="input"),
        OutputSite("head", 1, "key", "blocks.0.operation.all", part=(2, 4)),
        OutputSite("activation", 1, "inner", "blocks.0.feed_forward.1"),
        OutputSite("head", 2, "query", "blocks.1.operation.query"),
    )


def test_fused_heads_lie_side_by_side() -> None:
    parts = {role: (tensor.module, tensor.take, tensor.part) for role, tensor in fused_heads("all", 3).items()}
    assert parts == {
        "query": ("all", "output", (0, 3)),
        "key": ("all", "output", (3, 6)),
        "value": ("all", "output", (6, 9)),
    }
