"""Hidden covariance: how uncorrelated the units of a layer are over the tokens of a batch, by the hidden states."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpzero.errors import InputError, LpzeroError
from lpzero.operands.batch import Batch
from lpzero.spaces.models.sites import SiteMap
from lpzero.spaces.models.unchanged import unchanged

SHIFT = 1e-5
AXES = ("units", "batch")


def hidden_covariance(
    model: nn.Module, site_map: SiteMap, batch: Batch, *, axis: str = "units", layer: int = 1
) -> float:
    """-sum(log(v + k) + 1 / (v + k)), v the eigenvalues of the correlation of hidden states, k = 1e-5.

    Serianni & Kalita 2023 (https://arxiv.org/abs/2306.00288) take, of a recurrent layer, the states that enter each
    token: (batch, tokens, width), 0 at the first. What one unit holds over all tokens of all sequences is a variable,
    as in their code; ``axis="batch"`` takes what one sequence holds over all tokens and units instead. Eigenvalues that
    are 0 count, each about -1e5: a layer that has more units than the batch has tokens has many. Deliberate
    deviations: eigenvalues are those of a symmetric matrix, at least 0; a unit that is the same everywhere is
    correlated with no other; the pass is in double precision, and has as many tokens as the batch.

    Args:
        model: Shows hidden states over time, (batch, tokens, width) for the embedding and each layer: of a transformer
            those are the residual stream.
        site_map: Its sites.
        batch: Tokens and labels.
        axis: What is correlated: ``"units"`` of the layer, or sequences of the ``"batch"``.
        layer: Which layer, from 1; 0 is the embedding.

    Raises:
        InputError: The axis is neither, or the model has no such layer.
        LpzeroError: The model shows no hidden states over time, or there are fewer than two variables.
    """
    if axis not in AXES:
        raise InputError(f"hidden_covariance: axis is {axis!r}: expected one of {', '.join(AXES)}")
    before = nn.functional.pad(_states(model, site_map, batch, layer), (0, 0, 1, -1))
    variables = before.flatten(0, 1).T if axis == "units" else before.flatten(1)
    if len(variables) < 2:
        what = "units in the layer" if axis == "units" else "sequences in the batch"
        raise LpzeroError(f"hidden_covariance[axis={axis}]: expected two or more {what}, found one")
    eigenvalues = torch.linalg.eigvalsh(_correlation(variables)).clamp(min=0) + SHIFT
    return -float((eigenvalues.log() + 1 / eigenvalues).sum())


def _states(model: nn.Module, site_map: SiteMap, batch: Batch, layer: int) -> Tensor:
    """The hidden states of a layer, (batch, tokens, width), in double precision."""
    depth = site_map.depth
    if not 0 <= layer <= depth:
        raise InputError(f"hidden_covariance: layer is {layer}: expected 0 to {depth}, the layers of the model")
    with unchanged(model), torch.no_grad():
        output = model(**batch.arguments, output_hidden_states=True)
    hidden = getattr(output, "hidden_states", None) or ()
    looks = "hidden_covariance looks at hidden states over time"
    if len(hidden) != depth + 1:
        raise LpzeroError(f"{looks}: expected {depth + 1} of the model, found {len(hidden) or 'none'}")
    found: Tensor = hidden[layer]
    if found.ndim != 3 or found.shape[:2] != batch.input_ids.shape:
        wanted = ", ".join(str(size) for size in batch.input_ids.shape)
        raise LpzeroError(f"{looks}: expected (batch, tokens, width), ({wanted}, ...), found {tuple(found.shape)}")
    return found.double()


def _correlation(variables: Tensor) -> Tensor:
    """The correlation of variables (variables, observations); one that does not vary has 0 with any other."""
    centred = variables - variables.mean(1, keepdim=True)
    lengths = centred.norm(dim=1, keepdim=True)
    # what is left of a constant but for round-off
    smallest = torch.finfo(variables.dtype).eps * variables.norm(dim=1, keepdim=True)
    directions = torch.where(lengths > smallest, centred / lengths, 0.0)
    return (directions @ directions.T).fill_diagonal_(1.0)
