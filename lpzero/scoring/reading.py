"""A model that is not ours, made ready: how it is called, what it is shown, and what has to be said of both."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from lpzero.errors import InputError
from lpzero.operands.batch import Batch, batch_of, objective_of_labels, random_batch
from lpzero.operands.operand import EAGER
from lpzero.operands.probe import Probe
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.trial import SEES_AHEAD, Trial, found_calling, longest, sees_ahead
from lpzero.seeds import derived_seed
from lpzero.spaces.models.calling import Calling, signed, uncompiled
from lpzero.spaces.models.foreign import Answering, guessed_objective
from lpzero.spaces.models.vocabulary import guessed_vocabulary, told_vocabulary
from lpzero.spaces.space import Objective

_FEW_TOKENS = 8
SHOWN = 3
"""Names that a message lists."""


@dataclass(frozen=True)
class Reading:
    """A model that answers, and its batch.

    Attributes:
        model: The model as the extraction calls it, where its weights were.
        batch: What it is shown.
        trial: Calls of it.
        notes: What a user should know of how it is read, a line each.
    """

    model: Answering
    batch: Batch
    trial: Trial
    notes: tuple[str, ...]


def read(loaded: LoadedModel, probe: Probe) -> Reading:
    """Find out how a model is called, and draw its batch or take its own.

    Raises:
        InputError: It takes fewer tokens, or needs something that no batch has.
        LpzeroError: Its batch is none, or nothing shows how many words it knows.
    """
    model, calling = uncompiled(loaded.model), signed(loaded.model)
    guessed = guessed_objective(model)
    vocabulary = guessed_vocabulary(model) if loaded.example is None else told_vocabulary(model)
    batch = batch_for(loaded, guessed, calling, probe, vocabulary)
    objective = guessed if loaded.example is None else objective_of_labels(batch, guessed)
    trial = Trial(model, calling, batch.to(_device(model)), vocabulary)
    known = _is_of_transformers(model)
    if not known:
        trial = _tried(trial)
        if trial.calling.time_first and loaded.example is not None:
            # an example is written as its model reads it
            turned = Batch(batch.input_ids.T.contiguous(), batch.labels.T.contiguous(), batch.more)
            batch, trial = turned, replace(trial, batch=turned.to(_device(model)))
    answering = Answering(model, objective, trial.calling, trial.vocabulary)
    return Reading(answering, batch, trial, tuple(_notes(trial, objective, known)))


def batch_for(
    loaded: LoadedModel, objective: Objective, calling: Calling | None, probe: Probe, vocabulary: int | None = None
) -> Batch:
    """The example of a model, else random tokens of its vocabulary; raises as :func:`read` does."""
    if loaded.example is not None:
        return batch_of(loaded.example, objective, calling)
    rng = np.random.default_rng(derived_seed(probe.seed, "batch"))
    words = vocabulary or guessed_vocabulary(loaded.model)
    return random_batch(words, objective, rng, batch=probe.batch, tokens=probe.tokens)


def refuse_unmade(model: nn.Module) -> None:
    """Raise InputError where weights of a model are not there yet."""
    lazy = [name for name, module in model.named_modules() if any(map(is_lazy, _own(module)))]
    if lazy:
        named = ", ".join(lazy[:SHOWN]) + (", ..." if len(lazy) > SHOWN else "")
        raise InputError(
            f"expected a model whose weights are made, found lazy modules without any ({named}): call the model once "
            "in build_model(), or give them their input widths"
        )


def too_long(reading: Reading) -> InputError | None:
    """The error of a batch with more tokens than its model takes; None where that is not the fault, or not known."""
    most, tokens = longest(reading.trial), reading.batch.input_ids.shape[1]
    if most is None:
        return None
    return InputError(f"expected at most {most} tokens for this model, found {tokens}: give `tokens` {most} or fewer")


def advised(reason: str, model: nn.Module) -> str:
    """A reason whose advice is for a model: eager attention is of transformers, and may be in force already."""
    if EAGER not in reason:
        return reason
    if not _is_of_transformers(model):
        return reason.replace(f" {EAGER}", "")
    if getattr(uncompiled(model).config, "_attn_implementation", None) == "eager":
        return reason.replace(EAGER, "(its attention is eager already: models of its class return none)")
    return reason


def _tried(trial: Trial) -> Trial:
    """The trial with the calling that it shows; a single sequence is shown twice, to tell the axes apart."""
    batch = trial.batch
    pair = batch
    if len(batch.input_ids) == 1 and not batch.more:
        pair = Batch(batch.input_ids.repeat(2, 1), batch.labels.repeat(2, 1))
    found = found_calling(replace(trial, batch=pair))
    return replace(trial, calling=found)


def _notes(trial: Trial, objective: Objective, known: bool) -> list[str]:
    model, calling = trial.model, trial.calling
    notes = []
    kinds = sorted({str(p.dtype).removeprefix("torch.") for p in model.parameters() if p.is_floating_point()})
    if kinds not in ([], ["float32"]):
        notes.append(f"the pass runs in {' and '.join(kinds)}, as the weights of the model are")
    unused = [name for name in trial.batch.more if not calling.takes(name)]
    if unused:
        notes.append(f"the model's forward takes no {', '.join(unused)}: example_batch() gives it for nothing")
    if calling.time_first:
        notes.append("the model takes ids as (tokens, batch): it is given them so")
    if calling.own_place and objective == "causal" and calling.labels not in trial.batch.more:
        notes.append(f"the model does not shift its {calling.labels}: each is the token that follows")
    if objective == "causal" and _predicts_what_it_sees(trial, known):
        notes.append(SEES_AHEAD)
    return notes


def _predicts_what_it_sees(trial: Trial, known: bool) -> bool:
    config = getattr(uncompiled(trial.model), "config", None)
    if getattr(config, "is_encoder_decoder", False):
        # an encoder sees all that is read, and nothing of what is to be written
        return False
    return sees_ahead(_short(trial) if known else trial)


def _short(trial: Trial) -> Trial:
    """A trial with a few tokens: what a model of transformers sees does not depend on their number."""
    few = trial.batch.input_ids[:2, :_FEW_TOKENS].contiguous()
    return replace(trial, batch=Batch(few, few))


def _is_of_transformers(model: nn.Module) -> bool:
    transformers = sys.modules.get("transformers")
    return transformers is not None and isinstance(uncompiled(model), transformers.PreTrainedModel)


def _own(module: nn.Module) -> list[torch.Tensor]:
    return [*module.parameters(recurse=False), *module.buffers(recurse=False)]


def _device(model: nn.Module) -> torch.device:
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
