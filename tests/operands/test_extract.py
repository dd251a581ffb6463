"""Extraction: what it returns, and that the model is left as it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.operands.extract import Site, extract, hand_over
from lpzero.operands.operand import OPERANDS
from lpzero.spaces.models.output import ModelOutput


def _state(model: nn.Module) -> dict[str, Any]:
    return {
        "values": {k: v.clone() for k, v in model.state_dict().items()},
        "grads": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "flags": [p.requires_grad for p in model.parameters()],
        "modes": [m.training for m in model.modules()],
        "hooks": [len(m._forward_hooks) + len(m._backward_hooks) for m in model.modules()],
        "random": torch.random.get_rng_state(),
    }


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _unsettle(model: Any) -> None:
    """Modes, flags, gradients and hooks as no default has them."""
    model.blocks[0].eval()
    model.out.weight.requires_grad_(False)
    model.words.weight.grad = torch.ones_like(model.words.weight)
    model.final.register_forward_hook(lambda *_: None)


def test_the_model_is_left_as_it_was(tiny: Any, tokens: Batch) -> None:
    _unsettle(tiny)
    before = _state(tiny)
    extract(tiny, tiny.site_map(), tokens)
    after = _state(tiny)
    for name in before:
        assert _same(before[name], after[name]), name


def test_the_model_is_left_as_it_was_when_the_pass_fails(tiny: Any, tokens: Batch) -> None:
    _unsettle(tiny)
    before = _state(tiny)
    tiny.final.register_forward_hook(lambda *_: 1 / 0)
    before["hooks"][[type(m) for m in tiny.modules()].index(nn.LayerNorm)] += 1
    with pytest.raises(ZeroDivisionError):
        extract(tiny, tiny.site_map(), tokens)
    after = _state(tiny)
    for name in before:
        assert _same(before[name], after[name]), name


def test_gradients_are_those_of_the_loss(tiny: Any, tokens: Batch) -> None:
    operands = extract(tiny, tiny.site_map(), tokens)
    tiny.eval()
    loss = tiny(tokens.input_ids, tokens.labels).loss
    loss.backward()
    names = dict(tiny.named_parameters())
    for site, gradient in zip(tiny.site_map().parameters, operands.tensors["grad"], strict=True):
        torch.testing.assert_close(gradient, names[site.parameter].grad)
    assert operands.loss == pytest.approx(loss.item())


def test_what_is_handed_over_is_what_is_extracted_and_no_more(tiny: Any, tokens: Batch) -> None:
    whole, seen = extract(tiny, tiny.site_map(), tokens), dict[tuple[str, int], torch.Tensor]()

    def take(family: str, row: int, site: Site, tensors: Mapping[str, torch.Tensor]) -> None:
        assert whole.sites[family][row] == site  # type: ignore[index]
        seen.update({(name, row): tensor.clone() for name, tensor in tensors.items()})

    outline = hand_over(tiny, tiny.site_map(), tokens, {"grad", "jacobian", "head"}, take)
    assert outline == replace(whole, tensors={})
    wanted = {(n, i): t for n in ("grad", "jacobian", "head") for i, t in enumerate(whole.tensors[n])}
    assert seen.keys() == wanted.keys()
    assert all(torch.equal(seen[key], tensor) for key, tensor in wanted.items())


def test_the_jacobian_is_the_gradient_at_the_embedding(tiny: Any, tokens: Batch) -> None:
    (jacobian,) = extract(tiny, tiny.site_map(), tokens).tensors["jacobian"]
    assert jacobian.shape == (5, 7, 8)
    tiny.eval()
    embedded = tiny.words(tokens.input_ids).detach().requires_grad_()
    hook = tiny.words.register_forward_hook(lambda *_: embedded)
    tiny(tokens.input_ids, tokens.labels).loss.backward()
    hook.remove()
    torch.testing.assert_close(jacobian, embedded.grad)


def test_every_family_has_its_sites_and_shapes(tiny: Any, tokens: Batch) -> None:
    operands = extract(tiny, tiny.site_map(), tokens)
    assert not operands.absent
    counts = {name: len(operands.select(row)[0]) for name, row in OPERANDS.items()}
    assert counts == {
        "weight": 12,
        "weight_operation": 6,
        "weight_feed_forward": 4,
        "weight_embedding": 1,
        "grad": 12,
        "grad_operation": 6,
        "grad_feed_forward": 4,
        "grad_embedding": 1,
        "activation": 2,
        "head": 6,
        "attention": 2,
        "hidden": 3,
        "jacobian": 1,
    }
    assert {tuple(t.shape) for t in operands.tensors["activation"]} == {(5, 7, 12)}
    assert {tuple(t.shape) for t in operands.tensors["attention"]} == {(5, 1, 7, 7)}
    assert all(not t.requires_grad for tensors in operands.tensors.values() for t in tensors)


def test_outputs_do_not_alias_what_the_model_may_write_to(tiny: Any, tokens: Batch) -> None:
    # a non-linearity that works in place would otherwise overwrite what a hook saw before it
    for block in tiny.blocks:
        block.act = nn.ReLU(inplace=True)
    operands = extract(tiny, tiny.site_map(), tokens)
    assert all((t >= 0).all() for t in operands.tensors["activation"])


def test_a_parameter_off_the_path_has_a_zero_gradient(tiny: Any, tokens: Batch) -> None:
    tiny.blocks[1].forward = lambda x: (x, torch.full((5, 1, 7, 7), 1 / 7))
    site_map = replace(tiny.site_map(), outputs=tiny.site_map().outputs[:4])
    operands = extract(tiny, site_map, tokens)
    for site, gradient in zip(operands.sites["parameter"], operands.tensors["grad"], strict=True):
        assert bool(gradient.any()) == (site.layer != 2)


def test_a_site_that_is_not_reached_is_named(tiny: Any, tokens: Batch) -> None:
    tiny.blocks[1].forward = lambda x: (x, torch.full((5, 1, 7, 7), 1 / 7))
    with pytest.raises(LpzeroError, match=r"did not reach the module blocks\.1\.query"):
        extract(tiny, tiny.site_map(), tokens)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (lambda o: ModelOutput(None, o.hidden_states, o.attentions), "returned no loss"),
        (lambda o: ModelOutput(torch.ones(3), o.hidden_states, o.attentions), "returned no loss"),
        (lambda o: ModelOutput(o.loss, o.hidden_states[1:], o.attentions), "expected 3 hidden states"),
        (lambda o: ModelOutput(o.loss, o.hidden_states, o.attentions[1:]), "expected 2 attentions"),
    ],
)
def test_an_output_that_cannot_be_used_is_refused(tiny: Any, tokens: Batch, output: Any, words: str) -> None:
    tiny.register_forward_hook(lambda _m, _a, o: output(o))
    with pytest.raises(LpzeroError, match=words):
        extract(tiny, tiny.site_map(), tokens)


def test_what_a_model_does_not_show_is_absent_and_says_so(tiny: Any, tokens: Batch) -> None:
    # transformers returns an empty tuple of attentions unless it was built with eager attention
    tiny.register_forward_hook(lambda _m, _a, o: ModelOutput(o.loss, (), ()))
    operands = extract(tiny, tiny.site_map(), tokens)
    assert operands.absent == {"hidden", "attention"}
    with pytest.raises(LpzeroError, match="attn_implementation='eager'"):
        operands.select(OPERANDS["attention"])
