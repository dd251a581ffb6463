"""Score one model that a user gave: its scores, its costs, its percentiles."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch import nn

from lpzero.costs.cost import Measurement
from lpzero.costs.costs import BYTES, COUNTED, Costs
from lpzero.engines import single_threaded
from lpzero.engines.fault import MODEL_ERRORS, line_of
from lpzero.errors import InputError, LpzeroError
from lpzero.metrics import Shape
from lpzero.operands.batch import Batch
from lpzero.operands.probe import Probe, probe_batch
from lpzero.operands.text import text_batch
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.estimate import Sample
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
from lpzero.scoring.reading import Reading, advised, batch_for, read, refuse_unmade, too_long
from lpzero.scoring.result import CountedCosts, ModelScore, ProxyScore
from lpzero.spaces.models.flops import passed_flops
from lpzero.spaces.models.foreign import guessed_objective
from lpzero.spaces.models.sites import SitedModel, SiteMap
from lpzero.spaces.models.unchanged import unchanged
from lpzero.spaces.reading.read import read_model
from lpzero.spaces.reading.recurrent import read_recurrent

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
        space: What finds the space of an architecture; None for the space that it names.
        sketch: Elements of each tensor that formulas are estimated from; None for exact scores.
    """

    proxies: tuple[str, ...]
    seed: int
    batch: int
    tokens: int
    device: str
    percentiles: int
    within: str | None
    jobs: int
    space: str | None = None
    sketch: int | None = None

    def scorer(self) -> ModelScorer:
        """What scores models as asked; raises InputError for a proxy that there is not, or a value out of its range."""
        probe = Probe(seed=self.seed, batch=self.batch, tokens=self.tokens, device=self.device)
        proxies = tuple(load_proxy(name) for name in self.proxies)
        sample = SpaceSample(self.percentiles, self.within, proxies, probe, self.jobs)
        sketch = None if self.sketch is None else Sample(self.sketch, self.seed)
        return ModelScorer(proxies, probe, sample, self.space, sketch)


@dataclass(frozen=True)
class ModelScorer:
    """Scores models, all of them alike.

    Attributes:
        proxies: In the order of the scores.
        probe: What every model is shown.
        sample: What their percentiles are among.
        space: What finds the space of an architecture; None for the space that it names.
        sketch: What formulas are estimated from; None for exact scores.
    """

    proxies: tuple[Proxy, ...]
    probe: Probe
    sample: SpaceSample
    space: str | None = None
    sketch: Sample | None = None

    def score(self, text: str) -> ModelScore:
        """Load the model that a user gave, and score it; raises as :func:`.load_model` and :meth:`score_loaded` do."""
        if text.endswith(".py"):
            _LOG.warning("note: %s is run as code", text)
        with raised_by(text, "the model cannot be loaded"):
            loaded = load_model(text, self.probe.seed, self.space)
        return self.score_loaded(text, loaded)

    def score_loaded(self, name: str, loaded: LoadedModel) -> ModelScore:
        """Score a model.

        Args:
            name: What it is called.
            loaded: The model, and what is known of it.

        Raises:
            InputError: It cannot be read, or the space for its percentiles is not known.
            LpzeroError: The model's own code failed, or no proxy could score it.
        """
        with raised_by(name, "the model cannot be read"):
            readable = _readable(name, loaded, self.probe)
            shape = _shape(loaded, readable)
        found = readable.site_map.reading
        notes = (*loaded.notes, *readable.notes, *(() if found is None else found.notes))
        for note in notes:
            _LOG.warning("note: %s: %s", name, note)
        with single_threaded():
            scores = score_model(
                *(readable.model, readable.site_map, shape, readable.batch, self.proxies),
                _text(loaded, self.probe),
                self.sketch,
            )
            if any(result.status is ScoreStatus.FAILED for result in scores):
                _refuse_too_long(name, readable)
            if all(result.status is ScoreStatus.FAILED for result in scores):
                raise LpzeroError(f"{name}: no proxy could score it: {advised(scores[0].reason, loaded.model)}")
            with raised_by(name, "the model cannot be run"):
                costs, counted = _run_costs(name, loaded, readable, self.probe)
        told = [f"{p.name}: {s.note}" for p, s in zip(self.proxies, scores, strict=True) if s.note] + counted
        for note in told:
            _LOG.warning("note: %s: %s", name, note)
        for proxy, result in zip(self.proxies, scores, strict=True):
            if result.reason:
                reason = advised(result.reason, loaded.model)
                _LOG.warning("%s: %s: %s: %s", name, proxy.name, result.status.value, reason)
        return ModelScore(
            model=name,
            space=None if loaded.space is None else loaded.space.name,
            protocol=None if loaded.space is None else loaded.space.protocol,
            params=costs.params,
            costs=costs,
            seed=self.probe.seed,
            batch_sha256=readable.batch.sha256,
            notes=[*notes, *told],
            scores=[_row(proxy, result) for proxy, result in zip(self.proxies, scores, strict=True)],
            percentiles=self.sample.percentiles(name, loaded.space, scores),
        )


@contextmanager
def raised_by(name: str, what: str) -> Iterator[None]:
    """Whatever the code of a model raises becomes one line, which names the model: the others go on."""
    try:
        yield
    except LpzeroError as err:
        if str(err).startswith(name):
            raise
        # what lies behind it tells whether memory was lacking
        raise type(err)(f"{name}: {err}") from (err.__cause__ or err)
    except MODEL_ERRORS as err:
        raise LpzeroError(f"{name}: {what}: {type(err).__name__}: {line_of(err)}") from err


def _refuse_too_long(name: str, readable: _Readable) -> None:
    error = None if readable.reading is None else too_long(readable.reading)
    if error is not None:
        raise InputError(f"{name}: {error}") from error


def _row(proxy: Proxy, result: Score) -> ProxyScore:
    return ProxyScore(
        proxy=proxy.name,
        value=result.value,
        direction=proxy.direction,
        status=result.status.value,
        seconds=round(result.seconds, 6),
        error=result.error,
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
        notes: What a user should know of how it is read.
        reading: How a model that is not ours was made to answer; None for one of ours.
    """

    model: nn.Module
    site_map: SiteMap
    batch: Batch
    notes: tuple[str, ...] = ()
    reading: Reading | None = None


def _readable(name: str, loaded: LoadedModel, probe: Probe) -> _Readable:
    model = loaded.model
    refuse_unmade(model)
    if isinstance(model, SitedModel):
        known = loaded.space
        batch = batch_for(loaded, guessed_objective(model), None, probe) if known is None else probe_batch(known, probe)
        return _Readable(model.to(probe.device), model.site_map(), batch.to(probe.device))
    reading = read(loaded, probe)
    answering, batch = reading.model.to(probe.device), reading.batch.to(probe.device)
    recurrent = read_recurrent(answering)
    if recurrent is not None:
        return _Readable(*recurrent, batch, reading.notes, reading)
    try:
        site_map = read_model(answering, batch.input_ids, batch.labels, **batch.more)
    except MODEL_ERRORS as err:
        long = too_long(reading)
        if long is not None:
            raise InputError(f"{name}: {long}") from err
        raise LpzeroError(f"{name}: no proxy could score it: {unscored(err, 0.0).reason}") from err
    return _Readable(answering, site_map, batch, reading.notes, reading)


def _text(loaded: LoadedModel, probe: Probe) -> Callable[[], Batch] | None:
    """Gives the batch of text that trained weights are judged by; None where a space says that they are not trained."""
    space = loaded.space
    if space is None or not space.pretrained:
        return None
    return lambda: text_batch(space, probe).to(probe.device)


def _shape(loaded: LoadedModel, readable: _Readable) -> Shape:
    """The shape of a model: that of its architecture where it is known, else from what is there."""
    if loaded.space is not None and loaded.architecture is not None:
        return shape_of(loaded.space, loaded.architecture)
    return shape_of_model(readable.model, readable.site_map)


def _run_costs(name: str, loaded: LoadedModel, readable: _Readable, probe: Probe) -> tuple[CountedCosts, list[str]]:
    try:
        return _costs(loaded, readable, probe)
    except MODEL_ERRORS:
        _refuse_too_long(name, readable)
        raise


def _costs(loaded: LoadedModel, readable: _Readable, probe: Probe) -> tuple[CountedCosts, list[str]]:
    """The counted costs of a model, those of its space where it is known, else of what is there, and notes on them."""
    if loaded.space is not None and loaded.architecture is not None:
        costs = Costs(loaded.space, Measurement(probe.tokens, probe.device))
        return CountedCosts(**{name: costs.of(loaded.architecture, name) for name in COUNTED}), []
    shape = shape_of_model(readable.model, readable.site_map)
    # a state or a mask may have its sequences on any axis: nothing is cut where there is one
    shown = readable.batch if readable.batch.more else readable.batch.sequence(0)
    flops: float | None = None
    notes: list[str] = []
    try:
        counted = passed_flops(readable.model, shown.arguments)
    except MODEL_ERRORS as err:
        with unchanged(readable.model), torch.no_grad():
            # a model that cannot be run at all says so
            readable.model(**shown.arguments)
        notes.append(f"flops: the operations cannot be counted: {type(err).__name__}: {line_of(err)}")
    else:
        flops = counted.total / shown.input_ids.numel()
        if counted.uncounted:
            names = ", ".join(counted.uncounted)
            notes.append(f"flops: at least {flops:,.0f} a token: what {names} take is not known and not counted")
    known = CountedCosts(
        params=shape.params, nonembedding=shape.decoder_params, bytes=BYTES * shape.params, flops=flops
    )
    return known, notes
