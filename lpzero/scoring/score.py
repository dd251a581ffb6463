"""Score one model that a user gave: its scores, its costs, its percentiles."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from torch import nn

from lpzero.costs.cost import Measurement
from lpzero.costs.costs import BYTES, COUNTED, Costs
from lpzero.engines import single_threaded
from lpzero.engines.fault import MODEL_ERRORS, line_of
from lpzero.errors import LpzeroError
from lpzero.metrics import Shape
from lpzero.operands.batch import Batch, batch_of, random_batch
from lpzero.operands.probe import Probe, probe_batch
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.score import (
    Score,
    ScoreStatus,
    score_model,
    shape_of,
    shape_of_model,
    unscored,
)
from lpzero.scoring.model import LoadedModel, load_model
from lpzero.scoring.percentiles import SpaceSample
from lpzero.scoring.result import CountedCosts, ModelScore, ProxyScore
from lpzero.seeds import derived_seed
from lpzero.spaces.models.flops import passed_flops
from lpzero.spaces.models.foreign import Answering, guessed_objective, guessed_vocabulary
from lpzero.spaces.models.sites import SitedModel, SiteMap
from lpzero.spaces.reading.read import read_model
from lpzero.spaces.reading.unchanged import restored

_LOG = logging.getLogger(__name__)


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

    def scorer(self) -> ModelScorer:
        """What scores models as asked; raises InputError for a proxy that there is not, or a value out of its range."""
        probe = Probe(seed=self.seed, batch=self.batch, tokens=self.tokens, device=self.device)
        proxies = tuple(load_proxy(name) for name in self.proxies)
        return ModelScorer(proxies, probe, SpaceSample(self.percentiles, self.within, proxies, probe, self.jobs))


@dataclass(frozen=True)
class ModelScorer:
    """Scores models, all of them alike.

    Attributes:
        proxies: In the order of the scores.
        probe: What every model is shown.
        sample: What their percentiles are among.
    """

    proxies: tuple[Proxy, ...]
    probe: Probe
    sample: SpaceSample

    def score(self, text: str) -> ModelScore:
        """Load the model that a user gave, and score it; raises as :func:`.load_model` and :meth:`score_loaded` do."""
        if text.endswith(".py"):
            _LOG.warning("note: %s is run as code", text)
        return self.score_loaded(text, load_model(text, self.probe.seed))

    def score_loaded(self, name: str, loaded: LoadedModel) -> ModelScore:
        """Score a model.

        Args:
            name: What it is called.
            loaded: The model, and what is known of it.

        Raises:
            InputError: It cannot be read, or the space for its percentiles is not known.
            LpzeroError: The model's own code failed, or no proxy could score it.
        """
        try:
            readable = _readable(name, loaded, self.probe)
        except LpzeroError:
            raise
        except MODEL_ERRORS as err:
            raise LpzeroError(f"{name}: the model cannot be read: {type(err).__name__}: {line_of(err)}") from err
        reading = readable.site_map.reading
        notes = () if reading is None else reading.notes
        for note in notes:
            _LOG.warning("note: %s: %s", name, note)
        with single_threaded():
            scores = score_model(
                readable.model, readable.site_map, _shape(loaded, readable), readable.batch, self.proxies
            )
            if all(result.status is ScoreStatus.FAILED for result in scores):
                raise LpzeroError(f"{name}: no proxy could score it: {scores[0].reason}")
            try:
                costs = _costs(loaded, readable, self.probe)
            except LpzeroError:
                raise
            except MODEL_ERRORS as err:
                raise LpzeroError(f"{name}: the model cannot be run: {type(err).__name__}: {line_of(err)}") from err
        for proxy, result in zip(self.proxies, scores, strict=True):
            if result.reason:
                _LOG.warning("%s: %s: %s: %s", name, proxy.name, result.status.value, result.reason)
        return ModelScore(
            model=name,
            space=None if loaded.space is None else loaded.space.name,
            protocol=None if loaded.space is None else loaded.space.protocol,
            params=costs.params,
            costs=costs,
            seed=self.probe.seed,
            batch_sha256=readable.batch.sha256,
            notes=list(notes),
            scores=[_row(proxy, result) for proxy, result in zip(self.proxies, scores, strict=True)],
            percentiles=self.sample.percentiles(name, loaded.space, scores),
        )


def _row(proxy: Proxy, result: Score) -> ProxyScore:
    return ProxyScore(
        proxy=proxy.name,
        value=result.value,
        direction=proxy.direction,
        status=result.status.value,
        seconds=round(result.seconds, 6),
    )


def mean_ranks(models: Sequence[ModelScore], proxies: Sequence[Proxy]) -> list[float | None]:
    """The mean rank of each model over the proxies that scored all of them, 1 for the best; None where none did."""
    ranks = []
    for i, proxy in enumerate(proxies):
        values = [model.scores[i].value for model in models]
        if None not in values:
            ranks.append(stats.rankdata(np.array(values) * (-1 if proxy.higher_is_better else 1)))
    if not ranks:
        return [None] * len(models)
    return [float(rank) for rank in np.mean(ranks, axis=0)]


@dataclass(frozen=True)
class _Readable:
    """A model as the extraction calls it, on its device.

    Attributes:
        model: The model.
        site_map: Its sites.
        batch: What it is shown.
    """

    model: nn.Module
    site_map: SiteMap
    batch: Batch


def _readable(name: str, loaded: LoadedModel, probe: Probe) -> _Readable:
    model = loaded.model.to(probe.device)
    batch = _batch(loaded, model, probe) if loaded.space is None else probe_batch(loaded.space, probe)
    if isinstance(model, SitedModel):
        return _Readable(model, model.site_map(), batch.to(probe.device))
    answering = Answering(model, guessed_objective(model))
    batch = batch.to(probe.device)
    try:
        return _Readable(answering, read_model(answering, batch.input_ids, batch.labels), batch)
    except MODEL_ERRORS as err:
        raise LpzeroError(f"{name}: no proxy could score it: {unscored(err, 0.0).reason}") from err


def _batch(loaded: LoadedModel, model: nn.Module, probe: Probe) -> Batch:
    objective = guessed_objective(model)
    if loaded.example is not None:
        return batch_of(loaded.example, objective)
    rng = np.random.default_rng(derived_seed(probe.seed, "batch"))
    return random_batch(guessed_vocabulary(model), objective, rng, batch=probe.batch, tokens=probe.tokens)


def _shape(loaded: LoadedModel, readable: _Readable) -> Shape:
    """The shape of a model: that of its architecture where it is known, else from what is there."""
    if loaded.space is not None and loaded.architecture is not None:
        return shape_of(loaded.space, loaded.architecture)
    return shape_of_model(readable.model, readable.site_map)


def _costs(loaded: LoadedModel, readable: _Readable, probe: Probe) -> CountedCosts:
    """The counted costs of a model: those of its space where it is known, else from what is there."""
    if loaded.space is not None and loaded.architecture is not None:
        costs = Costs(loaded.space, Measurement(probe.tokens, probe.device))
        return CountedCosts(**{name: costs.of(loaded.architecture, name) for name in COUNTED})
    shape = shape_of_model(readable.model, readable.site_map)
    one = Batch(readable.batch.input_ids[:1], readable.batch.labels[:1])
    with restored(readable.model):
        flops = passed_flops(readable.model, one.input_ids, one.labels) / one.input_ids.shape[1]
    return CountedCosts(params=shape.params, nonembedding=shape.decoder_params, bytes=BYTES * shape.params, flops=flops)
