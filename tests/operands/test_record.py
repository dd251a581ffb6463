"""What passes through modules: every call of them, as it was at that moment, and its axes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from lpzero.errors import LpzeroError
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource
from lpzero.metrics import get_metric
from lpzero.operands.batch import Batch
from lpzero.operands.extract import Operands, extract
from lpzero.operands.record import arranged, joined
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.reading.read import read_model
from tests.spaces.reading.zoo import Block, ExpertBlock, Model, TokensFirst, seeded


def shown(model: nn.Module, batch: Batch) -> Operands:
    answering = Answering(model, "causal")
    return extract(answering, read_model(answering, batch.input_ids, batch.labels), batch)


def value(operands: Operands, formula: str) -> float:
    return float(Evaluator(ExactSource(operands)).scores(parse(formula))[0])


def watched(model: nn.Module, module: nn.Module, ids: Tensor) -> list[Tensor]:
    """What a module gives in each of its calls, by hand."""
    seen: list[Tensor] = []
    handle = module.register_forward_hook(lambda _m, _a, out: seen.append(out.detach().clone()))
    model(ids)
    handle.remove()
    return seen


def test_one_object_in_all_blocks_is_read_in_each_of_them(tokens: Batch) -> None:
    act = nn.GELU()

    def make(*, shared: bool) -> nn.Module:
        model = Model(*(Block() for _ in range(3)))
        for block in model.blocks:
            block.w.f = act if shared else nn.GELU()  # type: ignore[union-attr]
        return model

    one, own = (shown(seeded(lambda shared=shared: make(shared=shared)), tokens) for shared in (True, False))
    assert [site.layer for site in one.sites["activation"]] == [1, 2, 3]
    for left, right in zip(one.tensors["activation"], own.tensors["activation"], strict=True):
        assert torch.equal(left, right)


def test_a_block_that_is_applied_again_shows_each_time(tokens: Batch) -> None:
    block = seeded(lambda: Model(*[Block()] * 3))
    operands = shown(block, tokens)
    by_hand = watched(block, block.blocks[0].w.f, tokens.input_ids)  # type: ignore[index, union-attr, arg-type]
    assert [site.layer for site in operands.sites["activation"]] == [1, 2, 3]
    assert all(torch.equal(a, b) for a, b in zip(operands.tensors["activation"], by_hand, strict=True))
    assert len(operands.tensors["hidden"]) == 4


def test_all_calls_of_an_expert_count(tokens: Batch) -> None:
    act = nn.GELU()

    def make() -> nn.Module:
        model = Model(ExpertBlock())
        for part in model.blocks[0].w.parts:  # type: ignore[union-attr]
            part.f = act  # type: ignore[union-attr]
        return model

    model = seeded(make)
    operands = shown(model, tokens)
    by_hand = torch.cat(watched(model, act, tokens.input_ids))
    (activation,) = operands.tensors["activation"]
    assert torch.equal(activation, by_hand)
    with pytest.raises(LpzeroError, match=r"activation: expected tensors \(batch, tokens, width\) of 5 x 7 tokens"):
        value(operands, "sum(mean(max_tokens(activation)))")


def test_chunks_are_the_whole() -> None:
    whole = torch.randn(2, 6, 4)
    found, in_order = joined(list(whole.split(2, dim=1)), 6)
    assert in_order
    assert torch.equal(found, whole)
    rows = torch.randn(7, 4)
    found, in_order = joined([rows[:3], rows[3:]], 6)
    assert not in_order
    assert torch.equal(found, rows)
    # two passes of the same shape lie one below the other
    assert joined([whole, whole], 6)[0].shape == (4, 6, 4)


def test_what_is_written_over_was_seen_before(tokens: Batch) -> None:
    class Scaled(Block):
        scale = 0.5

        def __init__(self) -> None:
            super().__init__()
            self.query = nn.Linear(12, 12)

        def forward(self, x: Tensor) -> Tensor:
            q = self.query(x)
            if self.scale < 1:
                q *= self.scale
                q /= self.scale
                q += 1
                q -= 1
            a: Tensor = (q @ x.transpose(1, 2)).softmax(-1)
            return x + self.w(a @ x)

    class Plain(Scaled):
        scale = 1.0

    scaled, plain = (shown(seeded(lambda kind=kind: Model(kind())), tokens) for kind in (Scaled, Plain))
    assert torch.equal(scaled.tensors["head"][0], plain.tensors["head"][0])


def test_an_embedding_that_is_written_over_has_its_own_gradient(tokens: Batch) -> None:
    class Over(Model):
        def body(self, x: Tensor) -> Tensor:
            x *= 3.0
            return super().body(x)

    class Beside(Model):
        def body(self, x: Tensor) -> Tensor:
            return super().body(x * 3.0)

    over, beside = (shown(seeded(lambda kind=kind: kind(Block())), tokens) for kind in (Over, Beside))
    torch.testing.assert_close(over.tensors["jacobian"][0], beside.tensors["jacobian"][0])


class Twice(Model):
    """Looks its words up for either half, as an encoder and a decoder do, and once more beside the loss."""

    def forward(self, ids: Tensor) -> Tensor:
        """Logits."""
        self.emb(ids)
        return self.head(self.body(self.emb(ids)) + self.emb(ids.flip(1)))  # type: ignore[no-any-return]


def test_the_jacobian_is_that_of_all_calls_that_reach_the_loss(tokens: Batch) -> None:
    model = seeded(lambda: Twice(Block(), Block()))
    found = shown(model, tokens)
    calls: list[Tensor] = []
    handle = model.emb.register_forward_hook(lambda _m, _a, out: calls.append(out))  # type: ignore[union-attr, operator]
    logits = model(tokens.input_ids)[:, :-1]
    handle.remove()
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), tokens.labels[:, 1:].flatten())
    wanted = torch.cat(torch.autograd.grad(loss, calls[1:]))
    (jacobian,) = found.tensors["jacobian"]
    torch.testing.assert_close(jacobian, wanted)
    assert value(found, "sum(l1(jacobian))") == pytest.approx(float(wanted.abs().sum()))
    with pytest.raises(LpzeroError, match=r"jacobian: expected tensors \(batch, tokens, width\) of 5 x 7 tokens"):
        value(found, "sum(mean(max_tokens(jacobian)))")
    # the coded metric looks at the same rows
    answering = Answering(model, "causal")
    site_map = read_model(answering, tokens.input_ids, tokens.labels)
    columns = jacobian.flatten(0, -2).double()
    cosines = (columns.T @ columns) / columns.norm(dim=0) / columns.norm(dim=0)[:, None]
    between = cosines[~torch.eye(len(cosines), dtype=torch.bool)].abs() ** (1 / 20)
    found_metric = get_metric("jacobian_cosine").score_pass(answering, site_map, tokens)
    assert found_metric == pytest.approx(1 - float(between.sum()) / 2 / (12**2 - 12), rel=1e-4)


def test_tensors_with_tokens_first_are_turned(tokens: Batch) -> None:
    first, second = (shown(seeded(lambda way=way: TokensFirst(batch_first=way)), tokens) for way in (True, False))
    for family in ("activation", "hidden"):
        for left, right in zip(first.tensors[family], second.tensors[family], strict=True):
            torch.testing.assert_close(left, right)
    formula = "sum(mean(max_tokens(activation)))"
    assert value(first, formula) == pytest.approx(value(second, formula))


def test_axes_by_hand() -> None:
    x = torch.randn(2, 5, 3)
    for made, axes in ((x, "batch first"), (x.transpose(0, 1), "tokens first"), (x.flatten(0, 1), "batch first")):
        found = arranged(made, (2, 5), axes)  # type: ignore[arg-type]
        assert found is not None
        assert torch.equal(found, x)
    flat = arranged(x.transpose(0, 1).flatten(0, 1), (2, 5), "tokens first")
    assert flat is not None
    assert torch.equal(flat, x)
    turned = arranged(x.transpose(1, 2), (2, 5), "batch first", turned=True)
    assert turned is not None
    assert torch.equal(turned, x)
    assert arranged(torch.randn(2, 5, 5), (2, 5), "batch first", turned=True) is None
    assert arranged(torch.randn(4, 3), (2, 5), "batch first") is None
    assert arranged(x, (2, 5), None) is None


class Attending(Model):
    """Returns whatever it is given as attentions, made of the probabilities of one block."""

    def __init__(self, change: Any) -> None:
        super().__init__(Block())
        self.change = change

    def forward(self, ids: Tensor) -> Any:  # type: ignore[override]
        """Logits and attentions."""
        x = self.emb(ids)
        probabilities = (x @ x.transpose(1, 2)).softmax(-1).unsqueeze(1)
        return _Output(super().forward(ids), (self.change(probabilities),))


class _Output:
    def __init__(self, logits: Tensor, attentions: tuple[Any, ...]) -> None:
        self.logits, self.attentions = logits, attentions


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a: a - 0.1, "found numbers below 0"),
        (lambda a: a * 2, "rows add up to 1, found 2"),
        (lambda a: a[:, 0], r"\(batch, heads, tokens, tokens\), found \(5, 7, 7\)"),
    ],
)
def test_attentions_that_are_no_probabilities_are_refused(tokens: Batch, change: Any, reason: str) -> None:
    operands = shown(seeded(lambda: Attending(change)), tokens)
    for formula in ("sum(l1(attention))", "sum(l1(weight)) * heads"):
        with pytest.raises(LpzeroError, match=reason):
            value(operands, formula)
    assert value(operands, "sum(l1(weight * grad))") > 0
    right = shown(seeded(lambda: Attending(lambda a: a)), tokens)
    assert value(right, "sum(l1(attention))") == pytest.approx(5 * 7)


class Checkpointed(Model):
    """Blocks that are computed again in the backward pass."""

    def body(self, x: Tensor) -> Tensor:
        """The stream through them."""
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=True)
        return x


def test_what_is_computed_again_in_the_backward_pass_counts_once(tokens: Batch) -> None:
    blocks = (Block(), Block())
    model = seeded(lambda: Checkpointed(*blocks))
    model.head.bias.grad = torch.ones(31)  # type: ignore[union-attr, operator]
    model.eval()
    again, plain = shown(model, tokens), None
    model.__class__ = Model
    plain = shown(model, tokens)
    for family in ("weight", "grad", "activation", "head", "jacobian", "hidden"):
        for left, right in zip(again.tensors[family], plain.tensors[family], strict=True):
            torch.testing.assert_close(left, right)
    grads = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    assert list(grads) == ["head.bias"]
    assert torch.equal(grads["head.bias"], torch.ones(31))
