"""Score architectures with a proxy under interventions: other tokens, other initialisations, other operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from torch import nn

from lpzero.engines import Engine
from lpzero.engines.fault import MODEL_ERRORS
from lpzero.errors import InputError
from lpzero.metrics import Shape
from lpzero.operands.batch import Batch, shuffled_batch
from lpzero.operands.brought import known_operand
from lpzero.operands.extract import extract
from lpzero.operands.intervene import INTERVENTIONS, intervene
from lpzero.operands.operand import Family
from lpzero.operands.probe import Probe, probe_batch, untrained_model
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.score import (
    Score,
    score_architectures,
    score_model,
    score_operands,
    shape_of,
    unscored,
)
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.models.sites import SiteMap
from lpzero.spaces.space import SearchSpace

ORIGINAL = "original"
TOKENS = ("tokens_redrawn", "tokens_shuffled")
_WEIGHTS = "weights_redrawn"


def redrawn_weights(redraws: int) -> tuple[str, ...]:
    """The names of the interventions that draw the initialisation again."""
    return tuple(f"{_WEIGHTS}_{i}" for i in range(1, redraws + 1))


def interventions(redraws: int) -> tuple[str, ...]:
    """The names of all interventions, in the order in which they are reported."""
    return (*TOKENS, *redrawn_weights(redraws), *INTERVENTIONS)


def families_of(proxy: Proxy) -> frozenset[Family]:
    """The families of operands in the formula of a proxy; none for a coded metric."""
    rows = [] if proxy.formula is None else [known_operand(name) for name in proxy.formula.operands]
    return frozenset(family for row in rows for family in row.reads)


def supports(proxy: Proxy, name: str) -> bool:
    """Whether a proxy can be scored under an intervention: a coded metric makes passes of its own."""
    return proxy.formula is not None or not proxy.needs_pass or name not in INTERVENTIONS


def unsupported(space: SearchSpace, proxy: Proxy, name: str) -> str:
    """Why an intervention cannot be made; empty where it can."""
    if not supports(proxy, name):
        return "a coded metric makes passes of its own"
    if space.pretrained and name.startswith(_WEIGHTS):
        return "the weights are trained ones: there is no other draw of them"
    return ""


def touches(name: str, proxy: Proxy) -> bool:
    """Whether an intervention that a proxy supports changes anything that the proxy looks at."""
    if proxy.formula is None:
        return proxy.needs_pass
    if name in TOKENS:
        return families_of(proxy) != {"weight"}
    return name not in INTERVENTIONS or bool(families_of(proxy) & INTERVENTIONS[name].keys())


@dataclass(frozen=True)
class _Task:
    space: SearchSpace
    architecture: Architecture
    probe: Probe
    proxy: Proxy
    names: tuple[str, ...]


def _score_one(task: _Task) -> dict[str, Score]:
    """The scores of one architecture, unchanged and under each of the interventions."""
    space, probe = task.space, task.probe
    shape, batch = shape_of(space, task.architecture), probe_batch(space, probe).to(probe.device)
    model, site_map = untrained_model(space, task.architecture, probe)
    key = space.key(task.architecture)
    scores = _on_operands(task, key, model, site_map, shape, batch)
    scored = partial(score_model, shape=shape, proxies=[task.proxy])
    for name in task.names:
        if name in TOKENS:
            scores[name] = scored(model, site_map, batch=_other_batch(name, space, probe, batch))[0]
    for name in task.names:
        if name.startswith(_WEIGHTS):
            other = replace(probe, seed=derived_seed(probe.seed, "explain", name))
            scores[name] = scored(*untrained_model(space, task.architecture, other), batch=batch)[0]
    return scores


def _other_batch(name: str, space: SearchSpace, probe: Probe, batch: Batch) -> Batch:
    seed = derived_seed(probe.seed, "explain", name)
    if name == "tokens_shuffled":
        return shuffled_batch(batch, np.random.default_rng(seed))
    return probe_batch(space, replace(probe, seed=seed)).to(probe.device)


def _on_operands(
    task: _Task, key: str, model: nn.Module, site_map: SiteMap, shape: Shape, batch: Batch
) -> dict[str, Score]:
    """The original score, and those of the interventions on what the same pass showed."""
    formula = task.proxy.formula
    if formula is None:
        return {ORIGINAL: score_model(model, site_map, shape, batch, [task.proxy])[0]}
    names = [name for name in task.names if name in INTERVENTIONS]
    try:
        operands = extract(model, site_map, batch)
    except MODEL_ERRORS as err:
        return dict.fromkeys((ORIGINAL, *names), unscored(err, 0.0))
    scores = {ORIGINAL: score_operands(operands, formula)}
    for name in names:
        seed = derived_seed(task.probe.seed, "explain", name, key)
        changed = intervene(name, operands, families=families_of(task.proxy), seed=seed)
        scores[name] = score_operands(changed, formula)
    return scores


def score_interventions(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    proxy: Proxy,
    probe: Probe,
    *,
    redraws: int,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> dict[str, list[Score]]:
    """Score architectures unchanged, and under every intervention that the proxy supports and that touches it.

    Args:
        space: Space and protocol that build the models.
        architectures: In the order of each list of the result.
        proxy: The proxy.
        probe: Seeds, batch and device.
        redraws: How often the initialisation is drawn again, at least 1.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).

    Returns:
        For each intervention, ``"original"`` included, one score an architecture.

    Raises:
        InputError: No redraw is asked for, or the batch does not fit the space.
    """
    if redraws < 1:
        raise InputError(f"`redraws`: expected at least 1 redrawn initialisation, found {redraws}")
    if not proxy.needs_pass:
        rows = score_architectures(space, architectures, [proxy], probe, engine=engine, progress=progress)
        return {ORIGINAL: [row[0] for row in rows]}
    probe_batch(space, probe)
    if families_of(proxy) == {"weight"}:
        # weights do not see the batch, and the shortest one spares most of the time of a pass
        probe = replace(probe, batch=1, tokens=2)
    asked = (name for name in interventions(redraws) if not unsupported(space, proxy, name))
    names = tuple(name for name in asked if touches(name, proxy))
    tasks = [_Task(space, a, probe, proxy, names) for a in architectures]
    scored: list[dict[str, Score]] = []
    for row in engine.map(_score_one, tasks):
        scored.append(row)
        progress(len(scored), len(tasks))
    return {name: [row[name] for row in scored] for name in (ORIGINAL, *names)}
