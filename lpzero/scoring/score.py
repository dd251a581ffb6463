"""The scores, the costs and the percentiles of one model that ``lpzero score`` was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from scipy import stats
from torch import nn

from lpzero.costs.cost import Measurement
from lpzero.costs.costs import BYTES, COUNTED, Costs
from lpzero.engines import open_engine, single_threaded
from lpzero.engines.fault import MODEL_ERRORS, line_of
from lpzero.errors import InputError, LpzeroError
from lpzero.operands.batch import Batch, batch_of, random_batch
from lpzero.operands.probe import Probe, probe_batch
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.score import (
    Score,
    ScoreStatus,
    score_architectures,
    score_model,
    shape_of,
    shape_of_model,
)
from lpzero.scoring.model_file import LoadedModel, load_model
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.spaces.models.discover import discover_sites
from lpzero.spaces.models.flops import passed_flops
from lpzero.spaces.models.foreign import Answering, flat_sites, guessed_objective, guessed_vocabulary
from lpzero.spaces.models.sites import SitedModel, SiteMap
from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class Request:
    """What is asked of every model, in values that can be written down.

    Attributes:
        proxies: Names, paths or formulas, in the order of the scores.
        seed: Seed of every random choice.
        batch: Sequences of the token batch.
        tokens: Tokens of each sequence.
        device: ``"cpu"`` or ``"cuda"``.
        percentiles: How many architectures to draw beside a model; 0 for no percentiles.
        within: The space that they are drawn from; None for the model's own.
        jobs: Worker processes for them.
    """

    proxies: tuple[str, ...]
    seed: int
    batch: int
    tokens: int
    device: str
    percentiles: int
    within: str | None
    jobs: int

    @property
    def probe(self) -> Probe:
        """What every model is shown; raises InputError for what cannot be."""
        return Probe(seed=self.seed, batch=self.batch, tokens=self.tokens, device=self.device)


Say = Callable[[str], None]


def scorer(request: Request, say: Say) -> Callable[[str], dict[str, Any]]:
    """:func:`score_one` with all but the model; raises InputError for a proxy that there is not."""
    proxies, probe = [load_proxy(name) for name in request.proxies], request.probe
    drawn = Drawn(request.percentiles, request.within, proxies, probe, request.jobs)
    return partial(score_one, proxies=proxies, probe=probe, drawn=drawn, say=say)


@dataclass
class Drawn:
    """Random architectures of spaces, scored when they are first asked for.

    Attributes:
        number: How many of a space; 0 for no percentiles.
        within: The space for every model; None for the model's own.
        proxies: What scores them.
        probe: What they are shown.
        jobs: Worker processes.
    """

    number: int
    within: str | None
    proxies: list[Proxy]
    probe: Probe
    jobs: int
    _scored: dict[tuple[str, str], list[list[Score]]] = field(default_factory=dict)

    def percentiles(self, text: str, space: SearchSpace | None, scores: Sequence[Score]) -> dict[str, Any] | None:
        """The share of drawn architectures that are not better, in per cent, by proxy; None without percentiles.

        Raises:
            InputError: The space of the model is not known.
        """
        if not self.number:
            return None
        space = space if self.within is None else get_space(self.within)
        if space is None:
            raise InputError(f"{text}: --percentiles: its space is not known: say which one with --within")
        rows = self._rows(space)
        of: dict[str, float | None] = {}
        for i, (proxy, mine) in enumerate(zip(self.proxies, scores, strict=True)):
            others = np.array([row[i].value for row in rows if row[i].value is not None], dtype=np.float64)
            if mine.value is None or not len(others):
                of[proxy.name] = None
            else:
                sign = 1 if proxy.higher_is_better else -1
                of[proxy.name] = float(stats.percentileofscore(sign * others, sign * mine.value, kind="weak"))
        return {"space": space.name, "protocol": space.protocol, "drawn": self.number, "of": of}

    def _rows(self, space: SearchSpace) -> list[list[Score]]:
        place = (space.reference, space.protocol)
        if place not in self._scored:
            rng = np.random.default_rng(derived_seed(self.probe.seed, "percentiles"))
            architectures = [space.sample(rng) for _ in range(self.number)]
            with open_engine(None, self.jobs) as engine:
                self._scored[place] = score_architectures(
                    space, architectures, self.proxies, self.probe, engine=engine, progress=lambda _done, _total: None
                )
        return self._scored[place]


def score_one(text: str, proxies: list[Proxy], probe: Probe, drawn: Drawn, say: Say) -> dict[str, Any]:
    """Load one model and score it.

    Args:
        text: What the user gave.
        proxies: In the order of the scores.
        probe: Seeds, batch and device.
        drawn: What its percentiles are among.
        say: Called with a line that a person should see.

    Returns:
        ``{"model", "space", "protocol", "params", "costs", "seed", "batch_sha256", "scores", "percentiles"}``.

    Raises:
        InputError: It is no model that can be read.
        LpzeroError: The model's own code failed, or no proxy could score it.
    """
    if text.endswith(".py"):
        say(f"note: {text} is run as code")
    loaded = load_model(text, probe.seed)
    try:
        model, site_map, source, batch = _readable(loaded, probe, say)
    except LpzeroError:
        raise
    except MODEL_ERRORS as err:
        raise LpzeroError(f"{text}: the model cannot be read: {type(err).__name__}: {line_of(err)}") from err
    known = loaded.space is not None and loaded.architecture is not None
    with single_threaded():
        shape = shape_of_model(source, site_map) if not known else _known_shape(loaded)
        scores = score_model(model, site_map, shape, batch, proxies)
        if all(result.status is ScoreStatus.FAILED for result in scores):
            raise LpzeroError(f"{text}: no proxy could score it: {scores[0].reason}")
        try:
            costs = _costs(loaded, model, site_map, source, batch, probe)
        except LpzeroError:
            raise
        except MODEL_ERRORS as err:
            raise LpzeroError(f"{text}: the model cannot be run: {type(err).__name__}: {line_of(err)}") from err
    for proxy, result in zip(proxies, scores, strict=True):
        if result.reason:
            say(f"{text}: {proxy.name}: {result.status.value}: {result.reason}")
    return {
        "model": text,
        "space": None if loaded.space is None else loaded.space.name,
        "protocol": None if loaded.space is None else loaded.space.protocol,
        "params": costs["params"],
        "costs": costs,
        "seed": probe.seed,
        "batch_sha256": batch.sha256,
        "scores": [_row(proxy, result) for proxy, result in zip(proxies, scores, strict=True)],
        "percentiles": drawn.percentiles(text, loaded.space, scores),
    }


def _row(proxy: Proxy, result: Score) -> dict[str, Any]:
    return {
        "proxy": proxy.name,
        "value": result.value,
        "direction": proxy.direction,
        "status": result.status.value,
        "seconds": round(result.seconds, 6),
    }


def mean_ranks(documents: Sequence[dict[str, Any]], proxies: Sequence[Proxy]) -> list[float | None]:
    """The mean rank of each model over the proxies that scored all of them, 1 for the best; None where none did."""
    ranks = []
    for i, proxy in enumerate(proxies):
        values = [document["scores"][i]["value"] for document in documents]
        if None not in values:
            ranks.append(stats.rankdata(np.array(values) * (-1 if proxy.higher_is_better else 1)))
    if not ranks:
        return [None] * len(documents)
    return [float(rank) for rank in np.mean(ranks, axis=0)]


def _known_shape(loaded: LoadedModel) -> Any:
    assert loaded.space is not None
    assert loaded.architecture is not None
    return shape_of(loaded.space, loaded.architecture)


def _costs(
    loaded: LoadedModel, model: nn.Module, site_map: SiteMap, source: nn.Module, batch: Batch, probe: Probe
) -> dict[str, float]:
    """The counted costs of a model: those of its space where it is known, else from what is there."""
    if loaded.space is not None and loaded.architecture is not None:
        costs = Costs(loaded.space, Measurement(probe.tokens, probe.device))
        return {name: costs.of(loaded.architecture, name) for name in COUNTED}
    shape = shape_of_model(source, site_map)
    one = Batch(batch.input_ids[:1], batch.labels[:1])
    flops = passed_flops(model, one.input_ids, one.labels) / one.input_ids.shape[1]
    return {"params": shape.params, "nonembedding": shape.decoder_params, "bytes": BYTES * shape.params, "flops": flops}


def _readable(loaded: LoadedModel, probe: Probe, say: Say) -> tuple[nn.Module, SiteMap, nn.Module, Batch]:
    """The model as the extraction calls it, its sites, where its parameters are, and the batch; on the device."""
    model = loaded.model.to(probe.device)
    batch = _batch(loaded, model, probe) if loaded.space is None else probe_batch(loaded.space, probe)
    if isinstance(model, SitedModel):
        return model, model.site_map(), model, batch.to(probe.device)
    answering = Answering(model, guessed_objective(model))
    return answering, _sites(answering, say), answering, batch.to(probe.device)


def _batch(loaded: LoadedModel, model: nn.Module, probe: Probe) -> Batch:
    objective = guessed_objective(model)
    if loaded.example is not None:
        return batch_of(loaded.example, objective)
    rng = np.random.default_rng(derived_seed(probe.seed, "batch"))
    return random_batch(guessed_vocabulary(model), objective, rng, batch=probe.batch, tokens=probe.tokens)


def _sites(model: nn.Module, say: Say) -> SiteMap:
    try:
        return discover_sites(model)
    except LpzeroError:
        sites = flat_sites(model)
        say("note: the model has no list of blocks and no site_map method: all of it counts as one layer")
        return sites
