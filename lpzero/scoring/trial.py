"""A trial: a model that is not ours is called a few times, and what it does says how it wants to be called.

Names say little: an argument ``targets`` may take the tokens themselves or those that follow, and ids may be read
(tokens, batch). So labels and tokens are changed, one at a time, and what changes in the answer is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.engines.fault import MODEL_ERRORS
from lpzero.errors import InputError, LpzeroError
from lpzero.operands.batch import Batch
from lpzero.spaces.models.answer import Answer, read_answer
from lpzero.spaces.models.calling import Calling, uncompiled
from lpzero.spaces.models.foreign import following
from lpzero.spaces.models.output import UNLABELLED
from lpzero.spaces.models.untouched import untouched
from lpzero.spaces.models.vocabulary import look_up

_ROUND_OFF = 1e-4
"""A change of outputs, as a share of the largest one, that says nothing of what depends on what."""
_LEFT_OUT = (UNLABELLED, -1)
"""Labels that losses leave out: torch's, and the one that models with shifted targets often name."""
SEES_AHEAD = (
    "the output at a token depends on the tokens behind it: under the causal loss the model sees what it is to predict "
    "(a model of transformers needs is_decoder=true, one of torch a causal mask)"
)


@dataclass(frozen=True)
class Trial:
    """Calls of one model with one batch.

    Attributes:
        model: The model.
        calling: How it is called, as far as it is known.
        batch: What it is shown, on its device.
        vocabulary: Number of ids; None where it is not known.
    """

    model: nn.Module
    calling: Calling
    batch: Batch
    vocabulary: int | None

    def ask(self, ids: Tensor, labels: Tensor | None = None, *, states: bool = False) -> Answer:
        """What the model answers to ids, and labels where it takes them, both (batch, tokens)."""
        calling = self.calling
        wanted = {"output_attentions": False, "output_hidden_states": states, "return_dict": True, "use_cache": False}
        more = {name: value for name, value in self.batch.more.items() if calling.takes(name)}
        given = {**calling.flags(wanted), **more}
        if calling.labels is not None and labels is not None and calling.labels not in more:
            given[calling.labels] = calling.turned(labels)
        with untouched(self.model):
            # what is random in spite of evaluation mode is the same in each call
            torch.manual_seed(0)
            output = calling.call(self.model, ids, given)
            return read_answer(output, (ids.shape[0], ids.shape[1]), self.vocabulary, turned=calling.time_first)

    def answers(self, tokens: int) -> bool:
        """Whether the model makes a pass over the first tokens of each sequence."""
        ids = self.batch.input_ids[:, :tokens].contiguous()
        try:
            self.ask(ids, ids)
        except MODEL_ERRORS:
            return False
        return True


def found_calling(trial: Trial) -> Calling:
    """How a model is called, as calls of it show.

    Args:
        trial: With what the signature of ``forward`` says.

    Returns:
        The same where the model cannot be called: the pass that is scored will say why.

    Raises:
        InputError: It needs something that no batch has, or takes labels that are not understood.
    """
    calling = trial.calling
    missing = [name for name in calling.required if name not in trial.batch.more]
    if missing:
        raise InputError(
            f"expected a model that takes ids and, perhaps, labels, found that its forward needs {', '.join(missing)}: "
            f"give example_batch() beside build_model(), returning a dict with {calling.first} and {', '.join(missing)}"
        )
    ids = trial.batch.input_ids
    few = (ids.shape[0], ids.shape[1]) if trial.batch.more else (2, 8)
    looked = look_up(trial.model, calling, few, **trial.batch.more)
    trial = replace(trial, calling=replace(calling, embedding=looked.embedding))
    try:
        answer = trial.ask(ids, following(ids, ids[:, -1:]), states=True)
    except LpzeroError:
        raise
    except MODEL_ERRORS:
        return trial.calling
    if _reads_time_first(trial, answer):
        # the same ids, whose axes are understood now
        batch = Batch(ids.T.contiguous(), trial.batch.labels.T.contiguous(), trial.batch.more)
        trial, ids = replace(trial, calling=replace(trial.calling, time_first=True), batch=batch), batch.input_ids
        answer = trial.ask(ids, following(ids, ids[:, -1:]), states=True)
    if calling.labels is not None and calling.labels not in trial.batch.more:
        trial = replace(trial, calling=_with_labels(trial, answer))
    return replace(trial.calling, first_block=_block_behind(trial, answer))


def sees_ahead(trial: Trial) -> bool:
    """Whether the output at some token depends on a later one; False where the model shows no logits."""
    ids = trial.batch.input_ids
    changed = _next_ids(trial, ids[:, -1:])
    try:
        before, after = (
            trial.ask(each, following(ids, ids[:, -1:])).logits for each in (ids, torch.cat((ids[:, :-1], changed), 1))
        )
    except MODEL_ERRORS:
        return False
    return before is not None and after is not None and bool(_moved(before, after)[:, :-1].any())


def longest(trial: Trial) -> int | None:
    """The most tokens that a model makes a pass with, where it makes none with all of the batch; None if unknown."""
    low, high = 1, trial.batch.input_ids.shape[1]
    if trial.answers(high) or not trial.answers(2):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if trial.answers(middle) else (low, middle)
    # a limit lets all that is shorter pass
    return low if all(trial.answers(fewer) for fewer in {low - 1, low // 2} if fewer > 1) else None


def _next_ids(trial: Trial, ids: Tensor) -> Tensor:
    """Other ids."""
    return (ids + 1) % (trial.vocabulary or int(trial.batch.input_ids.max()) + 1)


def _reads_time_first(trial: Trial, answer: Answer) -> bool:
    """Whether a token has an effect on its successor in the other axis, and none in its own sequence."""
    ids = trial.batch.input_ids
    if answer.logits is None or ids.shape[0] < 2 or ids.shape[1] < 2:
        return False
    changed = ids.clone()
    changed[0, 0] = _next_ids(trial, ids[0, 0])
    after = trial.ask(changed, following(ids, ids[:, -1:])).logits
    if after is None:
        return False
    moved = _moved(answer.logits, after)
    return bool(moved[1:].any()) and not bool(moved[0, 1:].any())


def _moved(before: Tensor, after: Tensor) -> Tensor:
    """Which outputs changed, (batch, tokens) bool, by more than round-off of what changed most.

    Experts work on the tokens of all sequences in one product, whose last digits depend on which others it holds.
    """
    moved = (before - after).abs().amax(-1)
    return moved > _ROUND_OFF * moved.max()


def _with_labels(trial: Trial, answer: Answer) -> Calling:
    """How labels are given, from two calls whose first labels differ."""
    calling, ids = trial.calling, trial.batch.input_ids
    if answer.loss is None:
        return replace(calling, own_place=True, unlabelled=None)
    targets = following(ids, ids[:, -1:])
    others = torch.cat((_next_ids(trial, targets[:, :1]), targets[:, 1:]), 1)
    other = trial.ask(ids, others).loss
    if other is not None and torch.equal(other, answer.loss):
        # a model that shifts has nothing to predict the first label from
        return replace(calling, own_place=False)
    calling = replace(calling, own_place=True, unlabelled=None)
    if answer.logits is not None:
        told = nn.functional.cross_entropy(answer.logits.flatten(0, 1).float(), targets.flatten())
        if _close(told, answer.loss):
            return calling
    for value in _LEFT_OUT:
        if _leaves_out(replace(trial, calling=calling), targets, value):
            return replace(calling, unlabelled=value)
    raise InputError(
        f"expected a model whose loss leaves out labels of {' or '.join(map(str, _LEFT_OUT))}, or that returns logits "
        f"(batch, tokens, vocabulary) beside a cross entropy of them, found neither in what {calling.labels} gives: "
        f"return the logits as well, or give example_batch() with {calling.labels}"
    )


def _leaves_out(trial: Trial, targets: Tensor, value: int) -> bool:
    """Whether the loss of all labels is made up of those of two parts, where the other part has no label."""
    if targets.device.type != "cpu":
        # there an index out of its range ends the process's use of the device
        return value == UNLABELLED
    half = targets.shape[1] // 2
    one, two = targets.clone(), targets.clone()
    one[:, half:], two[:, :half] = value, value
    try:
        whole, first, second = (trial.ask(trial.batch.input_ids, labels).loss for labels in (targets, one, two))
    except MODEL_ERRORS:
        return False
    if whole is None or first is None or second is None:
        return False
    share = half / targets.shape[1]
    return _close(share * first + (1 - share) * second, whole) or _close(first + second, whole)


def _close(one: Tensor, other: Tensor) -> bool:
    coarse = other.dtype in (torch.bfloat16, torch.float16)
    return bool(torch.isclose(one.double(), other.double(), rtol=3e-2 if coarse else 1e-4, atol=0.0))


def _block_behind(trial: Trial, answer: Answer) -> str | None:
    """The first of the blocks whose outputs the hidden states are, one each; None where they are something else."""
    states = answer.hidden_states
    if not states:
        return None
    model = uncompiled(trial.model)
    outputs: dict[str, Any] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _args: Any, output: Any) -> None:
            first = output[0] if isinstance(output, (tuple, list)) and output else output
            outputs[name] = trial.calling.turned(first) if isinstance(first, Tensor) else first

        return hook

    lists = {
        name: [f"{name}.{i}".lstrip(".") for i in range(len(module))]
        for name, module in model.named_modules()
        if isinstance(module, (nn.ModuleList, nn.Sequential)) and len(module) == len(states)
    }
    handles = [model.get_submodule(n).register_forward_hook(keep(n)) for names in lists.values() for n in names]
    try:
        ids = trial.batch.input_ids
        states = trial.ask(ids, following(ids, ids[:, -1:]), states=True).hidden_states
    finally:
        for handle in handles:
            handle.remove()
    for names in lists.values():
        # behind the last one a norm may stand
        pairs = list(zip(states, names, strict=True))[: max(1, len(names) - 1)]
        if all(isinstance(outputs.get(name), Tensor) and torch.equal(state, outputs[name]) for state, name in pairs):
            return names[0]
    return None
