"""What units do, against the derivative of the loss by a gate on each of them."""

from __future__ import annotations

import pytest
import torch

from lpzero.compression.choosing.products import unit_products
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import Layout, blocks_of, part, read_layout
from lpzero.compression.losses import asked, logits_of
from lpzero.compression.texts import Windows, to_predict
from tests.compression.tiny import tiny, tokens


def question(layout: Layout, ids: torch.Tensor) -> Windows:
    return to_predict("t", ids, layout.objective, 1)


def gated_slope(model: torch.nn.Module, layout: Layout, windows: Windows, layer: int, kind: str) -> torch.Tensor:
    """(units,) derivative of the summed loss by a gate on each unit, at 1."""
    path = layout.places.attention_out if kind == "groups" else layout.places.outer
    units, size = (layout.groups, layout.group_width) if kind == "groups" else (layout.neurons, 1)
    gates = torch.ones(units, requires_grad=True)
    linear = part(blocks_of(model, layout)[layer], path)
    handle = linear.register_forward_pre_hook(lambda _, args: (args[0] * gates.repeat_interleave(size), *args[1:]))
    try:
        total = torch.zeros(())
        for inputs, labels in zip(windows.inputs, windows.labels, strict=True):
            logits = logits_of(model, inputs[None])[0][asked(labels)]
            total = total + torch.nn.functional.cross_entropy(logits, labels[asked(labels)], reduction="sum")
        (slope,) = torch.autograd.grad(total, gates)
    finally:
        handle.remove()
    return slope


@pytest.mark.parametrize("family", FAMILIES)
def test_products_are_the_slope_of_the_loss_by_a_gate(family: str) -> None:
    model = tiny(family)
    layout = read_layout(model)
    windows = question(layout, tokens(3, 12))
    found = unit_products(model, layout, windows, labels="text")
    assert found.predicted == windows.predicted
    for layer, one in enumerate(found.layers):
        assert one.groups.shape == (3, 12, layout.groups)
        assert one.neurons.shape == (3, layout.neurons)
        for kind, products in (("groups", one.groups.sum(1)), ("neurons", one.neurons)):
            slope = gated_slope(model, layout, windows, layer, kind)
            torch.testing.assert_close(products.sum(0), slope, rtol=1e-3, atol=1e-4)


def test_nothing_of_the_model_changes_and_frozen_ones_do() -> None:
    model = tiny("llama").requires_grad_(False)
    layout = read_layout(model)
    windows = question(layout, tokens(2, 9))
    found = unit_products(model, layout, windows)
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in model.parameters())
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in model.modules())
    again = unit_products(tiny("llama"), layout, windows)
    assert torch.equal(found.layers[1].neurons, again.layers[1].neurons)
    other = unit_products(model, layout, windows, seed=1)
    assert not torch.equal(found.layers[1].neurons, other.layers[1].neurons)


def test_squares_and_turns_are_those_of_the_pass() -> None:
    model = tiny("gpt2")
    layout = read_layout(model)
    windows = question(layout, tokens(2, 9))
    seen: dict[str, list[torch.Tensor]] = {"inner": [], "before": [], "after": []}
    block = blocks_of(model, layout)[1]
    part(block, layout.places.outer).register_forward_pre_hook(lambda _, args: seen["inner"].append(args[0]))

    def note(_: torch.nn.Module, args: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        seen["before"].append(args[0])
        seen["after"].append(output)

    block.register_forward_hook(note)
    with torch.no_grad():
        logits_of(model, windows.inputs)
    inner, before, after = (seen[name][0] for name in ("inner", "before", "after"))
    found = unit_products(model, layout, windows).layers[1]
    torch.testing.assert_close(found.neuron_squares, inner.square().mean((0, 1)))
    assert found.cosine == pytest.approx(float(torch.cosine_similarity(before, after, dim=-1).mean()), abs=1e-5)
