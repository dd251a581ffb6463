"""Score models that a user brings: one, or several as a ranked table."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from torch import nn

from lpzero.api.setup import loaded_proxies, probe_of, several
from lpzero.engines import Limits, Workers
from lpzero.errors import InputError, LpzeroError
from lpzero.metrics import METRICS
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.operands.probe import Probe
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import USUAL, Proxy, proxy_names
from lpzero.proxy.estimate import Sample
from lpzero.scoring.isolation import require_isolation, score_isolated
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.percentiles import SpaceSample
from lpzero.scoring.result import LeftOut, ModelScore, RankedModel, ScoreResult, ScoresResult
from lpzero.scoring.score import ModelScorer, Request, mean_ranks
from lpzero.spaces.models.memory import free_memory

_LOG = logging.getLogger(__name__)
EVERY = "all"
"""Stands for all proxies that ship."""
ISOLATED_SECONDS = 600.0
"""Most time for one model in isolation, where nobody says otherwise."""


def score(
    model: str | Path | nn.Module,
    proxies: str | Path | Proxy | Sequence[str | Path | Proxy] = (),
    *,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    space: str | Path | None = None,
    percentiles: int = 0,
    within: str | None = None,
    sketch: int | None = None,
    isolate: bool = False,
    time_limit: float = ISOLATED_SECONDS,
    memory_limit: int | None = None,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> ScoreResult:
    """Score a model with proxies: ``lpzero score``.

    Args:
        model: A model; or a Python file with ``build_model()``, which is run as code, a transformers configuration
            (JSON), an architecture of a space (JSON or TOML), a model folder, or the name of a model in the hub's local
            cache.
        proxies: One or several, each a formula, a name, a proxy file, or the folder of a finished run, or ``"all"``
            for all that ship; without any, ``snip``.
        seed: Seed of every random choice, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        space: The space of an architecture, a ``space.toml`` or the folder of a checkpoint; None for the space that the
            architecture names, or whose ``space.toml`` lies beside it.
        percentiles: Score so many random architectures of the model's space as well; 0 for none.
        within: The space of these architectures; None for the model's, where it is known.
        sketch: Estimate formulas from so many elements of each tensor, at least 16, and say with what error; None for
            exact scores.
        isolate: Whether a model that is given by its path is scored in a process of its own, with limits.
        time_limit: In isolation, seconds for one model.
        memory_limit: In isolation, bytes that its process may allocate; None for what is free.
        workers: Where the architectures are scored.
        watch: Told how these go; not in isolation.

    Raises:
        InputError: It is no model that can be read, or a value is out of its range.
        MissingError: No model has that name, or the device is not here.
        LpzeroError: The model's own code failed, or no proxy could score it.

    >>> from torch import nn
    >>> class Tiny(nn.Module):
    ...     vocab_size = 8
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.words, self.out = nn.Embedding(8, 4), nn.Linear(4, 8)
    ...     def forward(self, input_ids):
    ...         return self.out(self.words(input_ids))
    >>> result = score(Tiny(), "params", tokens=8)
    >>> result.scores[0].value
    72.0
    """
    scorer = _scorer(proxies, probe_of(seed, batch, tokens, device), space, percentiles, within, sketch, workers, watch)
    if isinstance(model, nn.Module):
        if isolate:
            raise InputError("`isolate`: expected a model by its path, found one that is loaded already")
        if space is not None:
            raise InputError("`space`: expected an architecture by its path, found a model that is loaded already")
        found = scorer.score_loaded(type(model).__name__, LoadedModel(model))
    else:
        found = _scores(scorer, proxies, isolate, time_limit, memory_limit)(str(model))
    return ScoreResult(schema_=1, **dict(found))


def score_models(
    models: str | Path | Sequence[str | Path],
    proxies: str | Path | Proxy | Sequence[str | Path | Proxy] = (),
    *,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    space: str | Path | None = None,
    percentiles: int = 0,
    within: str | None = None,
    sketch: int | None = None,
    isolate: bool = False,
    time_limit: float = ISOLATED_SECONDS,
    memory_limit: int | None = None,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> ScoresResult:
    """Score several models, and rank them by the mean of their ranks over the proxies.

    A model that cannot be scored is left out, with a word in the log. For the arguments see :func:`lpzero.score`.

    Raises:
        InputError: There is no model, a file is not there, or a value is out of its range.
        MissingError: The device is not here.
        LpzeroError: None of the models could be scored: what the first of them raised.
    """
    texts = list(map(str, several(models)))
    if not texts:
        raise InputError("`models`: expected at least one, found none")
    scorer = _scorer(proxies, probe_of(seed, batch, tokens, device), space, percentiles, within, sketch, workers, watch)
    score_one = _scores(scorer, proxies, isolate, time_limit, memory_limit)
    found, left_out = _score_each(texts, score_one, counting(watch, "scoring", "models"))
    ranks = mean_ranks(found, scorer.proxies)
    order = sorted(range(len(found)), key=lambda i: (ranks[i] is None, ranks[i] or 0.0))
    ranked = [RankedModel(mean_rank=ranks[i], **dict(found[i])) for i in order]
    return ScoresResult(schema_=1, seed=seed, models=ranked, left_out=left_out)


def _scorer(
    proxies: str | Path | Proxy | Sequence[str | Path | Proxy],
    probe: Probe,
    space: str | Path | None,
    percentiles: int,
    within: str | None,
    sketch: int | None,
    workers: Workers,
    watch: Watch,
) -> ModelScorer:
    if percentiles < 0 or (within is not None and not percentiles):
        raise InputError(f"`percentiles`: expected at least 1 where `within` is given, found {percentiles}")
    if percentiles and sketch is not None:
        raise InputError("`sketch`: expected exact scores beside `percentiles`, whose architectures are scored exactly")
    loaded = tuple(loaded_proxies(_named(proxies)))
    sample = SpaceSample(percentiles, within, loaded, probe, workers.number, watch)
    taken = None if sketch is None else Sample(sketch, probe.seed)
    return ModelScorer(loaded, probe, sample, None if space is None else str(space), taken)


def _named(proxies: str | Path | Proxy | Sequence[str | Path | Proxy]) -> list[str | Path | Proxy]:
    """What models are scored with: all that ships without the loss on text, which is of trained weights alone."""
    found: list[str | Path | Proxy] = []
    for one in several(proxies) or (USUAL,):
        names = [*(name for name, metric in METRICS.items() if metric.needs != "text"), *proxy_names()]
        found += names if one == EVERY else [one]
    return found


def _scores(
    scorer: ModelScorer,
    proxies: str | Path | Proxy | Sequence[str | Path | Proxy],
    isolate: bool,
    time_limit: float,
    memory_limit: int | None,
) -> Callable[[str], ModelScore]:
    """What scores a model that is given by its path, here or in a process of its own."""
    if not isolate:
        return scorer.score
    require_isolation()
    given = _named(proxies)
    if any(isinstance(proxy, Proxy) for proxy in given):
        raise InputError("`isolate`: expected proxies as text, which another process can read, found a loaded one")
    probe, sample = scorer.probe, scorer.sample
    request = Request(
        proxies=tuple(map(str, given)),
        seed=probe.seed,
        batch=probe.batch,
        tokens=probe.tokens,
        device=probe.device,
        percentiles=sample.number,
        within=sample.within,
        jobs=sample.jobs,
        space=scorer.space,
        sketch=None if scorer.sketch is None else scorer.sketch.elements,
    )
    allowed = Limits(time_limit, free_memory() if memory_limit is None else memory_limit)
    return partial(score_isolated, request=request, names=[proxy.name for proxy in scorer.proxies], allowed=allowed)


def _score_each(
    models: Sequence[str], score_one: Callable[[str], ModelScore], tell: Callable[[int, int], None]
) -> tuple[list[ModelScore], list[LeftOut]]:
    """The scores of each model that can be scored, and the others; raises what the first one raised where none can."""
    gone = [text for text in models if text.endswith((".py", ".json", ".toml")) and not Path(text).exists()]
    if gone:
        raise InputError(f"{gone[0]}: no such file")
    found: list[ModelScore] = []
    left_out: list[LeftOut] = []
    first: LpzeroError | None = None
    for number, text in enumerate(models, start=1):
        try:
            found.append(score_one(text))
        except LpzeroError as err:
            _LOG.warning("%s: left out: %s", text, err)
            left_out.append(LeftOut(model=text, reason=str(err)))
            first = first or err
        tell(number, len(models))
    if first is not None and not found:
        raise first
    return found, left_out
