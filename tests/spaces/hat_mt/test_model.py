"""The model of HAT: the whole of it against a computation by hand, what sees what, its sites and operands."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from lpzero.errors import InputError
from lpzero.operands.batch import random_batch
from lpzero.operands.extract import extract
from lpzero.spaces.hat_mt.model import HatMtModel, build
from lpzero.spaces.hat_mt.plan import DecoderLayer, EncoderLayer, HatMtPlan

PLAN = HatMtPlan(
    vocabulary=60,
    encoder_width=12,
    decoder_width=8,
    encoder=(EncoderLayer(20, 4), EncoderLayer(10, 8), EncoderLayer(14, 4)),
    decoder=(DecoderLayer(16, 4, 8, 3), DecoderLayer(24, 8, 4, 1)),
)
DRAWN = torch.Generator().manual_seed(0)
SOURCE, TARGET = torch.randint(3, 60, (2, 5), generator=DRAWN), torch.randint(3, 60, (2, 4), generator=DRAWN)


def stirred() -> HatMtModel:
    """Every parameter is moved, norms too, so that each one matters."""
    built = build(PLAN, seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 8)
    return built.double()


class ByHand:
    """The model written out, place by place."""

    def __init__(self, model: HatMtModel) -> None:
        self.weights = dict(model.state_dict())

    def linear(self, x: Tensor, name: str) -> Tensor:
        """A linear layer with its bias."""
        return torch.einsum("bti,oi->bto", x, self.weights[f"{name}.weight"]) + self.weights[f"{name}.bias"]

    def normed(self, x: Tensor, name: str) -> Tensor:
        """A LayerNorm."""
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        return (x - mean) / (variance + 1e-5).sqrt() * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def embedded(self, ids: Tensor, width: int) -> Tensor:
        """Words, scaled, and positions."""
        x = self.weights["embedding.word.weight"][ids][..., :width] * math.sqrt(width)
        for position in range(ids.shape[1]):
            for i in range(width // 2):
                angle = position / 10000 ** (2 * i / width)
                x[:, position, i] += math.sin(angle)
                x[:, position, i + width // 2] += math.cos(angle)
        return x

    def attended(self, x: Tensor, memory: Tensor, name: str, heads: int, *, ahead: bool) -> Tensor:
        """Attention, one place after the other."""
        query, key, value = (
            self.linear(given, f"{name}.{role}").unflatten(-1, (heads, 512 // heads))
            for role, given in (("query", x), ("key", memory), ("value", memory))
        )
        context = torch.zeros_like(query)
        for place in range(x.shape[1]):
            seen = slice(0, memory.shape[1] if ahead else place + 1)
            scores = torch.einsum("bhd,bshd->bhs", query[:, place], key[:, seen]) / math.sqrt(512 // heads)
            shares = scores.exp() / scores.exp().sum(-1, keepdim=True)
            context[:, place] = torch.einsum("bhs,bshd->bhd", shares, value[:, seen])
        return self.linear(context.flatten(-2), f"{name}.output")

    def fed(self, x: Tensor, block: str) -> Tensor:
        """A feed-forward with its norm."""
        inner = self.linear(x, f"{block}.feed_forward.inner").clamp(min=0)
        return self.normed(x + self.linear(inner, f"{block}.feed_forward.output"), f"{block}.feed_forward_norm")

    def run(self, source: Tensor, target: Tensor) -> tuple[list[Tensor], Tensor]:
        """The streams, and the logits."""
        x = self.embedded(source, 12)
        states = [x]
        for i, layer in enumerate(PLAN.encoder):
            block = f"blocks.{i}"
            mixed = self.attended(x, x, f"{block}.operation", layer.heads, ahead=True)
            x = self.fed(self.normed(x + mixed, f"{block}.operation_norm"), block)
            states.append(x)
        before = torch.cat([torch.full((2, 1), 2), target[:, :-1]], dim=1)
        x = self.embedded(before, 8)
        for i, one in enumerate(PLAN.decoder):
            block = f"blocks.{3 + i}"
            mixed = self.attended(x, x, f"{block}.operation.own", one.heads, ahead=False)
            x = self.normed(x + mixed, f"{block}.operation_norm")
            memory = torch.cat(states[4 - one.span : 4], dim=1)
            mixed = self.attended(x, memory, f"{block}.operation.across", one.cross_heads, ahead=True)
            x = self.fed(self.normed(x + mixed, f"{block}.cross_norm"), block)
            states.append(x)
        return states, torch.einsum("btw,vw->btv", x, self.weights["embedding.word.weight"][:, :8])


def test_the_model_is_the_one_computed_by_hand() -> None:
    model = stirred()
    states, logits = ByHand(model).run(SOURCE, TARGET)
    output = model(SOURCE, TARGET, output_hidden_states=True, output_attentions=True)
    assert len(output.hidden_states) == 6
    for found, expected in zip(output.hidden_states, states, strict=True):
        torch.testing.assert_close(found, expected)
    torch.testing.assert_close(model.logits(SOURCE, TARGET), logits)
    # every place of the target is predicted, its first from the source alone
    torch.testing.assert_close(output.loss, cross_entropy(logits.flatten(0, 1), TARGET.flatten()))
    assert [one.shape[1:] for one in output.attentions] == [(4, 5, 5), (8, 5, 5), (4, 5, 5), (4, 4, 4), (8, 4, 4)]
    across = [None if one is None else one.shape[1:] for one in output.cross_attentions]
    assert across == [None, None, None, (8, 4, 15), (4, 4, 5)]
    assert all((one.triu(1) == 0).all() for one in output.attentions[3:])
    assert all((one > 0).all() for one in output.attentions[:3])


def test_where_nothing_is_to_be_predicted_the_target_is_not_known() -> None:
    model = stirred()
    some = TARGET.clone()
    some[:, 1] = -100
    padded = TARGET.clone()
    padded[:, 1] = 1
    kept = torch.tensor([0, 2, 3])
    expected = cross_entropy(model.logits(SOURCE, padded)[:, kept].flatten(0, 1), TARGET[:, kept].flatten())
    torch.testing.assert_close(model(SOURCE, some).loss, expected)


def test_a_token_of_the_target_sees_the_source_and_the_target_before_it() -> None:
    model = stirred()
    logits = model.logits(SOURCE, TARGET)
    changed = TARGET.clone()
    changed[:, 2] = 7
    after = model.logits(SOURCE, changed)
    torch.testing.assert_close(after[:, :3], logits[:, :3])
    assert ((after - logits)[:, 3].abs().amax(-1) > 1e-6).all()
    other = SOURCE.clone()
    other[:, -1] = 7
    assert ((model.logits(other, TARGET) - logits).abs().amax(-1) > 1e-6).all()
    torch.testing.assert_close(model.logits(SOURCE), model.logits(SOURCE, SOURCE))


def test_the_loss_starts_near_the_entropy_of_the_vocabulary() -> None:
    assert build(PLAN, seed=0)(SOURCE, TARGET).loss.item() == pytest.approx(math.log(60), abs=1)


def test_the_sites() -> None:
    sites = build(PLAN, seed=0).site_map()

    def roles(layer: int) -> list[str]:
        return [site.role for site in sites.parameters if site.layer == layer]

    fed = ["feed_forward_0", "feed_forward_1"]
    own = ["query", "key", "value", "output"]
    assert (sites.depth, roles(0), roles(6)) == (5, ["word"], [])
    assert roles(1) == roles(3) == own + fed
    assert roles(4) == roles(5) == own + [f"cross_{role}" for role in own] + fed


def test_every_family_of_operands_is_there() -> None:
    model = build(PLAN, seed=0)
    batch = random_batch(60, "seq2seq", np.random.default_rng(0), batch=2, tokens=7)
    operands = extract(model, model.site_map(), batch)
    assert operands.absent == frozenset()
    assert all(tensor.isfinite().all() for tensors in operands.tensors.values() for tensor in tensors)
    assert all(tensor.abs().sum() > 0 for tensor in operands.tensors["grad"])
    attended = [(site.layer, site.role) for site in operands.sites["attention"]]
    assert attended == [
        *((layer, "probabilities") for layer in range(1, 6)),
        *((i, "cross_probabilities") for i in (4, 5)),
    ]
    assert [tensor.shape for tensor in operands.tensors["hidden"]] == [(2, 7, 12)] * 4 + [(2, 7, 8)] * 2
    # source and target, in the width of the table
    (jacobian,) = operands.tensors["jacobian"]
    assert jacobian.shape == (2, 14, 12)
    assert (jacobian[:, 7:, 8:] == 0).all()
    assert (jacobian[:, :7] != 0).any(-1).all()
    assert operands.shape.counts["heads"] == 4 + 8 + 4 + 4 + 8 + 8 + 4


def test_too_many_tokens_are_refused() -> None:
    ids, many = torch.zeros((1, 2), dtype=torch.int64), torch.zeros((1, 1025), dtype=torch.int64)
    model = build(PLAN, seed=0)
    with pytest.raises(InputError, match="input_ids: expected at most 1024 tokens, found 1025"):
        model(many, ids)
    with pytest.raises(InputError, match="labels: expected at most 1024 tokens, found 1025"):
        model(ids, many)
