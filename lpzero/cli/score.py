"""``lpzero score``: score one model."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.output import as_json, print_grid, print_json, say
from lpzero.errors import LpzeroError, NoResultError

if TYPE_CHECKING:
    from torch import nn

    from lpzero.cli.model_file import LoadedModel
    from lpzero.operands.batch import Batch
    from lpzero.spaces.sites import SiteMap


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--proxy", "proxies", multiple=True, help="A proxy; may be repeated.  [default: all that ship]")
@options.seed
@options.batch
@options.tokens
@options.device
@as_json
def score(
    model: Path, proxies: tuple[str, ...], seed: int, batch: int, tokens: int, device: str, as_json: bool
) -> None:
    """Score one MODEL with proxies.

    MODEL is a Python file with build_model() and, optionally, example_batch() - the file is run as code, so give only
    files that you trust -, a transformers configuration (JSON), or a local model folder with one.
    """
    from lpzero.cli.model_file import load_model
    from lpzero.engines import single_threaded
    from lpzero.metrics import METRICS
    from lpzero.operands.bank import Pass, derived_seed
    from lpzero.proxy import load_proxy, proxy_names
    from lpzero.proxy.score import MODEL_ERRORS, ScoreStatus, score_model, shape_of_model

    chosen = [load_proxy(name) for name in proxies or (*METRICS, *proxy_names())]
    shown = Pass(seed=seed, batch=batch, tokens=tokens, device=options.resolve_device(device))
    if model.suffix == ".py":
        say(f"note: {model} is run as code")
    with contextlib.redirect_stdout(sys.stderr):
        # whatever the model's own code prints is no part of the result
        loaded = load_model(model, derived_seed(seed, "weights"))
    try:
        answering, site_map, shape_source, tokens_shown = _readable(loaded, shown)
    except LpzeroError:
        raise
    except MODEL_ERRORS as err:
        reason = (str(err).splitlines() or [""])[0]
        raise LpzeroError(f"{model}: the model cannot be read: {type(err).__name__}: {reason}") from err
    with single_threaded(), contextlib.redirect_stdout(sys.stderr):
        scores = score_model(answering, site_map, shape_of_model(shape_source, site_map), tokens_shown, chosen)
    if all(result.status is ScoreStatus.FAILED for result in scores):
        raise LpzeroError(f"{model}: no proxy could score it: {scores[0].reason}")
    document: dict[str, Any] = {
        "schema": 1,
        "model": str(model),
        "params": sum(parameter.numel() for parameter in loaded.model.parameters()),
        "seed": seed,
        "batch_sha256": tokens_shown.sha256,
        "scores": [
            {
                "proxy": proxy.name,
                "value": result.value,
                "direction": proxy.direction,
                "status": result.status.value,
                "seconds": round(result.seconds, 6),
            }
            for proxy, result in zip(chosen, scores, strict=True)
        ],
    }
    for proxy, result in zip(chosen, scores, strict=True):
        if result.reason:
            say(f"{proxy.name}: {result.status.value}: {result.reason}")
    _print(document, as_json)
    if not any(result.status is ScoreStatus.OK for result in scores):
        raise NoResultError(f"{model}: no proxy gave a finite score")


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    print_grid(
        ["proxy", "value", "better", "status", "seconds"],
        [
            [
                r["proxy"],
                None if r["value"] is None else f"{r['value']:.6g}",
                r["direction"],
                r["status"],
                f"{r['seconds']:.3f}",
            ]
            for r in document["scores"]
        ],
    )
    facts = f"{document['params']} parameters, seed {document['seed']}, batch {document['batch_sha256'][:12]}"
    click.echo(f"\n{document['model']}: {facts}")


def _readable(loaded: LoadedModel, shown: Any) -> tuple[nn.Module, SiteMap, nn.Module, Batch]:
    """The model as the extraction calls it, its sites, and the batch; on the pass's device."""
    import numpy as np

    from lpzero.operands.bank import derived_seed
    from lpzero.operands.batch import batch_of, random_batch
    from lpzero.spaces.foreign import Answering, guessed_objective, guessed_vocabulary
    from lpzero.spaces.sites import SitedModel

    model = loaded.model.to(shown.device)
    objective = guessed_objective(model)
    if loaded.example is not None:
        batch = batch_of(loaded.example, objective)
    else:
        rng = np.random.default_rng(derived_seed(shown.seed, "batch"))
        size = guessed_vocabulary(model)
        batch = random_batch(size, objective, rng, batch=shown.batch, tokens=shown.tokens)
    if isinstance(model, SitedModel):
        return model, model.site_map(), model, batch.to(shown.device)
    answering = Answering(model, objective)
    return answering, _sites(answering), answering, batch.to(shown.device)


def _sites(model: nn.Module) -> SiteMap:
    from lpzero.spaces.discover import discover_sites
    from lpzero.spaces.foreign import flat_sites

    try:
        return discover_sites(model)
    except LpzeroError:
        sites = flat_sites(model)
        say("note: the model has no list of blocks and no site_map method: all of it counts as one layer")
        return sites
