"""Train a super-network: one LLaMA of which every sub-network of its space shares the weights.

Every other step trains the whole model, the steps between them a random sub-network, sliced as
:mod:`lpzero.spaces.llama.subnetwork` does it: so that sub-networks mean something without a training of their own
(Munoz et al. 2024, https://aclanthology.org/2024.lrec-main.940; Yu et al. 2020, https://arxiv.org/abs/2003.11142).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.func import functional_call

from lpzero.errors import InputError, LpzeroError
from lpzero.files import write_bytes
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.llama.model import LlamaModel, build
from lpzero.spaces.llama.plan import whole_plan
from lpzero.spaces.llama.space import Llama
from lpzero.spaces.llama.subnetwork import sliced
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import Corpus
from lpzero.training.train import rate_share, training_batch, validation_batches

SAMPLING = (
    "odd steps train the whole model, even steps a sub-network drawn uniformly over each choice of the space (NumPy's "
    "default generator, seeded with recipe.seed, step, 1), cut by the importance that the weights have in that step"
)
EVERY = 250
"""Steps between two states on disk."""


@dataclass
class _State:
    """What a training goes on from.

    Attributes:
        model: The whole model.
        optimiser: AdamW over its parameters.
        step: Steps done.
        curve: (step, validation loss of the whole model in nats a token) at the points of the recipe.
    """

    model: LlamaModel
    optimiser: torch.optim.AdamW
    step: int
    curve: list[tuple[int, float]]


def train_supernet(
    space: Llama, recipe: Recipe, corpus: Corpus, path: Path, *, progress: Callable[[int, int, float], None]
) -> tuple[LlamaModel, tuple[tuple[int, float], ...]]:
    """Train the base of a space; a training that was killed goes on from its last state.

    Args:
        space: The space of the sub-networks.
        recipe: How; its batches and its learning rates are those of any training by it.
        corpus: What the recipe was written for.
        path: Where the state is kept, a safetensors file.
        progress: Called with (steps done, steps to do, loss in nats a token) after every step.

    Returns:
        The trained model in evaluation mode, and (step, validation loss) of it at the points of the recipe.

    Raises:
        InputError: The state is damaged or of another recipe.
        LpzeroError: The loss is no finite number any more.
    """
    state = _begin(space, recipe, path)
    held = validation_batches(recipe, corpus)
    state.model.train()
    while state.step < recipe.steps:
        state.step += 1
        loss = _train_step(state, space, recipe, training_batch(recipe, corpus, state.step))
        progress(state.step, recipe.steps, loss)
        if state.step in recipe.points:
            state.curve.append((state.step, validation_loss(state.model, held)))
        if state.step % EVERY == 0 or state.step == recipe.steps:
            write_bytes(path, _saved(state, recipe))
    return state.model.eval(), tuple(state.curve)


def validation_loss(model: nn.Module, held: list[tuple[Tensor, Tensor]]) -> float:
    """The mean loss in nats over the tokens that a causal model predicts; the model keeps its mode.

    Args:
        model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says.
        held: Ids and labels, (rows, tokens) each, every token labelled.
    """
    training = model.training
    model.eval()
    with torch.no_grad():
        losses = [float(model(ids, labels).loss) for ids, labels in held]
    model.train(training)
    rows = [len(ids) for ids, _ in held]
    return math.fsum(loss * number for loss, number in zip(losses, rows, strict=True)) / sum(rows)


def drawn(space: Llama, recipe: Recipe, step: int) -> Architecture | None:
    """What a step trains: a sub-network, or None for the whole model."""
    if step % 2:
        return None
    return space.sample(np.random.default_rng((recipe.seed, step, 1)))


def _train_step(state: _State, space: Llama, recipe: Recipe, batch: tuple[Tensor, Tensor]) -> float:
    for group in state.optimiser.param_groups:
        group["lr"] = recipe.learning_rate * rate_share(recipe, state.step - 1)
    state.optimiser.zero_grad()
    loss = _loss(state.model, space, drawn(space, recipe, state.step), batch)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = float(nn.utils.clip_grad_norm_(state.model.parameters(), recipe.clip))
    value = float(loss.detach())
    if not math.isfinite(norm) or not math.isfinite(value):
        raise LpzeroError(f"the super-network diverged: loss {value}, gradient of norm {norm} in step {state.step}")
    state.optimiser.step()
    return value


def _loss(model: LlamaModel, space: Llama, architecture: Architecture | None, batch: tuple[Tensor, Tensor]) -> Tensor:
    if architecture is None:
        whole: Tensor = model(*batch).loss
        return whole
    weights = dict(sliced(dict(model.named_parameters()).__getitem__, space.plan(architecture)))
    part: Tensor = functional_call(space.blank(architecture), weights, batch).loss
    return part


def _begin(space: Llama, recipe: Recipe, path: Path) -> _State:
    model = build(whole_plan(space.base), recipe.seed)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, betas=recipe.betas, weight_decay=recipe.weight_decay, fused=True
    )
    state = _State(model, optimiser, 0, [])
    if path.exists():
        _restore(state, recipe, path)
    return state


def _saved(state: _State, recipe: Recipe) -> bytes:
    tensors = {f"model.{name}": parameter for name, parameter in state.model.state_dict().items()}
    for index, moments in state.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": moment for name, moment in moments.items()}
    about = {"recipe": recipe.digest, "step": str(state.step), "curve": json.dumps(state.curve)}
    return save(tensors, about)


def _restore(state: _State, recipe: Recipe, path: Path) -> None:
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
        tensors = load(path.read_bytes())
        found, step, curve = about["recipe"], int(about["step"]), json.loads(about["curve"])
    except (SafetensorError, KeyError, ValueError) as err:
        raise InputError(f"{path}: expected the state of a training, found a damaged file: {err}: delete it") from err
    if found != recipe.digest:
        raise InputError(f"{path}: expected a state of the recipe {recipe.digest}, found one of {found}")
    state.model.load_state_dict({n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")})
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, index, part = name.split(".")
            moments.setdefault(int(index), {})[part] = tensor
    whole = state.optimiser.state_dict()
    state.optimiser.load_state_dict({**whole, "state": moments})
    state.step, state.curve = step, [(int(point), float(loss)) for point, loss in curve]
