"""Every way in which people write a language model's forward, against the loss computed in plain PyTorch."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax

from lpzero.errors import InputError, LpzeroError
from lpzero.operands.batch import Batch, random_batch
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.score import Request
from lpzero.scoring.trial import Trial, found_calling, longest, sees_ahead
from lpzero.seeds import derived_seed
from lpzero.spaces.models.calling import signed

WORDS, WIDTH, BATCH, TOKENS = 23, 8, 3, 6


class _Body(nn.Module):
    """Each token is mixed with those before it by their mean; (batch, tokens) to logits (batch, tokens, words)."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = nn.Embedding(16, WIDTH)
        self.words = nn.Embedding(WORDS, WIDTH)
        self.blocks = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(2))
        self.out = nn.Linear(WIDTH, WORDS)

    def states(self, ids: Tensor) -> list[Tensor]:
        """The stream before the first block and behind each."""
        tokens = ids.shape[1]
        assert tokens <= 16, "too long"
        x = self.words(ids) + self.positions(torch.arange(tokens))
        found = [x]
        mean = torch.ones(tokens, tokens).tril()
        mean = mean / mean.sum(1, keepdim=True)
        for block in self.blocks:
            x = block(torch.einsum("st,btw->bsw", mean, x)).tanh()
            found.append(x)
        return found

    def logits(self, ids: Tensor) -> Tensor:
        """(batch, tokens, words)."""
        logits: Tensor = self.out(self.states(ids)[-1])
        return logits


class _Logits(_Body):
    def forward(self, x: Tensor) -> Any:
        return self.logits(x)


class _LastLogitsWithoutTargets(_Body):
    def forward(self, idx: Tensor, targets: Tensor | None = None) -> Any:
        if targets is None:
            return self.logits(idx)[:, [-1]], None
        logits = self.logits(idx)
        return logits, cross_entropy(logits.view(-1, WORDS), targets.view(-1), ignore_index=-1)


class _FlattenedWithTargets(_Body):
    def forward(self, idx: Tensor, targets: Tensor | None = None) -> Any:
        logits = self.logits(idx)
        if targets is None:
            return logits, None
        flat = logits.view(-1, WORDS)
        return flat, cross_entropy(flat, targets.view(-1))


class _LossAlone(_Body):
    def forward(self, idx: Tensor, targets: Tensor) -> Any:
        return cross_entropy(self.logits(idx).transpose(1, 2), targets)


class _LossAloneWithoutMinusOne(_Body):
    def forward(self, x: Tensor, y: Tensor) -> Any:
        return cross_entropy(self.logits(x).flatten(0, 1), y.flatten(), ignore_index=-1)


class _ShiftsItself(_Body):
    def forward(self, input_ids: Tensor, labels: Tensor | None = None) -> Any:
        logits = self.logits(input_ids)
        assert labels is not None
        return {"loss": cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:]), "logits": logits}


class _ShiftsTargets(_Body):
    def forward(self, tokens: Tensor, targets: Tensor) -> Any:
        return cross_entropy(self.logits(tokens)[:, :-1].transpose(1, 2), targets[:, 1:])


class _LabelsAtTheirPlace(_Body):
    def forward(self, input_ids: Tensor, labels: Tensor | None = None) -> Any:
        logits = self.logits(input_ids)
        assert labels is not None
        return SimpleNamespace(loss=cross_entropy(logits.transpose(1, 2), labels), logits=logits)


class _LabelsUnused(_Body):
    def forward(self, input_ids: Tensor, labels: Tensor | None = None) -> Any:
        return SimpleNamespace(loss=None, logits=self.logits(input_ids))


class _Mapped(_Body):
    def forward(self, x: Tensor) -> Any:
        return {"logits": self.logits(x)}


class _MappedOtherwise(_Body):
    def forward(self, x: Tensor) -> Any:
        return {"state": self.states(x)[-1], "output": self.logits(x)}


class _StateBeforeLogits(_Body):
    def forward(self, x: Tensor) -> Any:
        return self.states(x)[-1], self.logits(x)


class _LossOfOneNumber(_Body):
    def forward(self, x: Tensor) -> Any:
        logits = self.logits(x)
        return [cross_entropy(logits[:, :-1].transpose(1, 2), x[:, 1:]).reshape(1), logits]


class _Named(_Body):
    def forward(self, **inputs: Any) -> Any:
        return self.logits(inputs["input_ids"])


class _TimeFirst(_Body):
    def forward(self, src: Tensor) -> Any:
        return self.logits(src.T).transpose(0, 1)


class _TimeFirstFlattened(_Body):
    def forward(self, src: Tensor) -> Any:
        return log_softmax(self.logits(src.T).transpose(0, 1).reshape(-1, WORDS), -1)


class _TimeFirstWithTargets(_Body):
    def forward(self, src: Tensor, targets: Tensor) -> Any:
        logits = self.logits(src.T).transpose(0, 1)
        return logits, cross_entropy(logits.reshape(-1, WORDS), targets.view(-1))


VARIANTS = [
    *(_Logits, _LastLogitsWithoutTargets, _FlattenedWithTargets, _LossAlone, _LossAloneWithoutMinusOne, _ShiftsItself),
    *(
        _ShiftsTargets,
        _LabelsAtTheirPlace,
        _LabelsUnused,
        _Mapped,
        _MappedOtherwise,
        _StateBeforeLogits,
        _LossOfOneNumber,
    ),
    *(_Named, _TimeFirst, _TimeFirstFlattened, _TimeFirstWithTargets),
]


def made(kind: type[_Body]) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return kind()


def snip(weights: list[Any], loss: Tensor) -> float:
    """Sum of |w g|."""
    grads = torch.autograd.grad(loss, weights)
    return sum(float((w * g).abs().sum().detach()) for w, g in zip(weights, grads, strict=True))


def direct_snip(model: _Body, ids: Tensor, more: Tensor | float = 0.0) -> float:
    """Sum of |w g| over weights of two axes, of the next-token loss."""
    loss = cross_entropy(model.logits(ids)[:, :-1].transpose(1, 2), ids[:, 1:]) + more
    weights = [p for p in model.parameters() if p.ndim >= 2]
    return sum(
        float((w * g).abs().sum().detach()) for w, g in zip(weights, torch.autograd.grad(loss, weights), strict=True)
    )


def drawn() -> Batch:
    rng = np.random.default_rng(derived_seed(0, "batch"))
    return random_batch(WORDS, "causal", rng, batch=BATCH, tokens=TOKENS)


def scored(model: nn.Module, example: Any = None, **changes: Any) -> Any:
    sizes = {"seed": 0, "batch": BATCH, "tokens": TOKENS, "device": "cpu", "percentiles": 0, "within": None, "jobs": 1}
    return Request(("snip",), **{**sizes, **changes}).scorer().score_loaded("m", LoadedModel(model, example))


@pytest.mark.parametrize("kind", VARIANTS)
def test_each_way_to_call_and_to_answer_has_the_next_token_loss(kind: type[_Body]) -> None:
    model = made(kind)
    found = scored(model)
    assert found.scores[0].status == "ok"
    assert found.batch_sha256 == drawn().sha256
    assert found.scores[0].value == pytest.approx(direct_snip(model, drawn().input_ids), rel=1e-5)


@pytest.mark.parametrize("kind", [_LossAlone, _LabelsAtTheirPlace, _TimeFirst])
def test_one_sequence_shows_as_much(kind: type[_Body]) -> None:
    model = made(kind)
    rng = np.random.default_rng(derived_seed(0, "batch"))
    ids = random_batch(WORDS, "causal", rng, batch=1, tokens=TOKENS).input_ids
    assert scored(model, batch=1).scores[0].value == pytest.approx(direct_snip(model, ids), rel=1e-5)


def test_what_a_loss_has_besides_cross_entropy_counts() -> None:
    class Balanced(_Body):
        def forward(self, idx: Tensor, targets: Tensor) -> Any:
            logits = self.logits(idx)
            extra = self.words.weight.square().sum()
            return logits, cross_entropy(logits.transpose(1, 2), targets) + extra

    model = made(Balanced)
    expected = direct_snip(model, drawn().input_ids, model.words.weight.square().sum())
    assert scored(model).scores[0].value == pytest.approx(expected, rel=1e-5)


def test_a_loss_that_has_no_label_to_leave_out_is_refused() -> None:
    class Picks(_Body):
        def forward(self, idx: Tensor, targets: Tensor) -> Any:
            # an index below zero counts from the end: no error, and another loss
            chances = self.logits(idx).log_softmax(-1).flatten(0, 1)
            return -chances[torch.arange(len(chances)), targets.flatten()].mean()

    with pytest.raises(InputError, match=r"leaves out labels of -100 or -1, or that returns logits .* beside"):
        scored(made(Picks))


def test_labels_of_an_example_under_the_models_own_name_go_as_they_are() -> None:
    model = made(_LossAlone)
    ids = drawn().input_ids
    text = torch.cat((ids, ids[:, :1]), 1)
    found = scored(model, {"idx": text[:, :-1], "targets": text[:, 1:].contiguous()})
    loss = cross_entropy(model.logits(text[:, :-1]).transpose(1, 2), text[:, 1:])
    weights = [p for p in model.parameters() if p.ndim >= 2]
    expected = snip(weights, loss)
    assert found.scores[0].value == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("pair", [True, False])
def test_labels_that_are_shifted_already_are_not_shifted_again(pair: bool) -> None:
    model = made(_Logits)
    ids = drawn().input_ids
    after = torch.cat((ids[:, 1:], torch.full_like(ids[:, :1], -100)), 1)
    found = scored(model, (ids, after) if pair else {"input_ids": ids, "labels": after})
    assert found.scores[0].value == pytest.approx(direct_snip(model, ids), rel=1e-5)


def test_masked_labels_are_predicted_at_their_place() -> None:
    model = made(_Logits)
    batch = random_batch(WORDS, "masked", np.random.default_rng(0), batch=2, tokens=8)
    found = scored(model, {"input_ids": batch.input_ids, "labels": batch.labels})
    loss = cross_entropy(model.logits(batch.input_ids).transpose(1, 2), batch.labels)
    weights = [p for p in model.parameters() if p.ndim >= 2]
    expected = snip(weights, loss)
    assert found.scores[0].value == pytest.approx(expected, rel=1e-5)


class _Masked(_Body):
    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        return self.out(self.states(input_ids)[-1] * attention_mask[..., None])


def test_what_else_an_example_has_is_passed_on_as_a_tokeniser_gives_it() -> None:
    from transformers import BatchEncoding

    model = made(_Masked)
    ids = drawn().input_ids
    mask = torch.ones_like(ids)
    mask[:, 4:] = 0
    found = scored(model, BatchEncoding({"input_ids": ids, "attention_mask": mask, "token_type_ids": 0 * ids}))
    logits = model(ids, mask)
    loss = cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:])
    weights = [p for p in model.parameters() if p.ndim >= 2]
    expected = snip(weights, loss)
    assert found.scores[0].value == pytest.approx(expected, rel=1e-5)
    # two operations a weight of every matrix, a token, and the means of the tokens before
    assert found.costs.flops == 2 * (2 * WIDTH**2 + WIDTH * WORDS) + 2 * 2 * TOKENS * WIDTH
    assert any("takes no token_type_ids" in note for note in found.notes)
    with pytest.raises(InputError, match=r"forward needs attention_mask: give example_batch\(\) .* attention_mask"):
        scored(model)


def test_a_state_that_an_example_has_is_passed_on_whole() -> None:
    class Recurrent(_Body):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTM(WIDTH, WIDTH, batch_first=True)

        def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> Any:
            y, state = self.cell(self.words(x), state)
            return self.out(y), state

    ids = drawn().input_ids
    example = {"x": ids, "state": (torch.zeros(1, BATCH, WIDTH), torch.zeros(1, BATCH, WIDTH))}
    assert scored(made(Recurrent), example).scores[0].status == "ok"


def test_an_example_of_a_model_that_reads_time_first_is_given_as_it_is() -> None:
    class WordModel(_Body):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTM(WIDTH, WIDTH, 2)

        def forward(self, input: Tensor, hidden: tuple[Tensor, Tensor]) -> Any:
            y, hidden = self.cell(self.words(input), hidden)
            return log_softmax(self.out(y).view(-1, WORDS), 1), hidden

    model, ids = made(WordModel), drawn().input_ids.T.contiguous()
    state = (torch.rand(2, BATCH, WIDTH), torch.rand(2, BATCH, WIDTH))
    found = scored(model, {"input": ids, "hidden": state})
    logits = model(ids, state)[0].view(TOKENS, BATCH, WORDS)
    loss = cross_entropy(logits[:-1].reshape(-1, WORDS), ids[1:].reshape(-1))
    weights = [p for p in model.parameters() if p.ndim >= 2]
    grads = torch.autograd.grad(loss, weights, allow_unused=True)
    expected = sum(float((w * g).abs().sum().detach()) for w, g in zip(weights, grads, strict=True) if g is not None)
    assert found.scores[0].value == pytest.approx(expected, rel=1e-5)


def test_more_tokens_than_there_are_positions_are_refused_with_their_number() -> None:
    with pytest.raises(InputError, match=r"^m: expected at most 16 tokens for this .*, found 20: give `tokens` 16 or"):
        scored(made(_Logits), tokens=20)
    with pytest.raises(InputError, match="at most 16 tokens"):
        scored(made(_LossAlone), tokens=17)
    assert scored(made(_Logits), tokens=16).scores[0].status == "ok"


def test_an_error_of_another_kind_keeps_its_words() -> None:
    class Broken(_Body):
        def forward(self, x: Tensor) -> Any:
            raise ZeroDivisionError("no way")

    with pytest.raises(LpzeroError, match="no way"):
        scored(made(Broken))


class _SeesAll(_Body):
    def forward(self, x: Tensor) -> Any:
        y = self.words(x)
        return self.out(self.blocks[0](y + y.mean(1, keepdim=True)))


class _RoundsOff(_Body):
    """Logits whose last digits depend on all tokens, as where experts work on those of all sequences at once."""

    def forward(self, x: Tensor) -> Any:
        y = self.logits(x)
        return y * (1 + 1e-6 * torch.sin(x.sum().float()))


def test_a_model_that_sees_what_it_is_to_predict_is_said() -> None:
    batch = drawn()
    for kind, ahead in ((_SeesAll, True), (_Logits, False), (_TimeFirst, False), (_RoundsOff, False)):
        model = made(kind)
        trial = Trial(model, signed(model), batch, WORDS)
        trial = Trial(model, found_calling(trial), batch, WORDS)
        assert sees_ahead(trial) is ahead, kind
        assert any("sees what it is to predict" in note for note in scored(model).notes) is ahead


def test_a_trial_leaves_no_trace() -> None:
    class Stateful(_Body):
        calls: Tensor
        last: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.zeros(1))
            self.last = torch.zeros(1)

        def forward(self, idx: Tensor, targets: Tensor) -> Any:
            self.calls += 1
            self.last = self.last + 1
            return cross_entropy(self.logits(idx).transpose(1, 2), targets)

    model = made(Stateful).train()
    batch, before = drawn(), torch.random.get_rng_state()
    trial = Trial(model, signed(model), batch, WORDS)
    found_calling(trial)
    sees_ahead(trial)
    longest(trial)
    assert (float(model.calls), float(model.last), model.training) == (0.0, 0.0, True)
    assert torch.equal(torch.random.get_rng_state(), before)


class _Shows(_Body):
    """Hidden states of some kind beside the logits."""

    kind = "blocks"

    def forward(self, x: Tensor, output_hidden_states: bool = False) -> Any:
        x = self.words(x)
        found, outputs = [x], []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        found += outputs
        hidden: Any = {"all": found, "blocks": outputs, "stacked": torch.stack(found), "second": torch.stack(found, 1)}[
            self.kind
        ]
        return {"logits": self.out(x), "hidden_states": hidden}


@pytest.mark.parametrize("kind", ["all", "blocks", "stacked", "second"])
def test_hidden_states_are_read_however_they_are_given(kind: str) -> None:
    from lpzero.spaces.models.foreign import Answering

    class One(_Shows):
        pass

    One.kind = kind
    model, ids = made(One), drawn().input_ids[:2]
    calling = found_calling(Trial(model, signed(model), Batch(ids, ids), WORDS))
    output = Answering(model, "causal", calling, WORDS)(ids, ids, output_hidden_states=True)
    assert output.hidden_states is not None
    expected = [model.words(ids)]
    for block in model.blocks:
        expected.append(block(expected[-1]))
    assert len(output.hidden_states) == len(expected)
    for found, wanted in zip(output.hidden_states, expected, strict=True):
        torch.testing.assert_close(found, wanted)
