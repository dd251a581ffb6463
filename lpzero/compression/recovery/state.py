"""Where a recovery stands, on disk: one file, replaced whole, from which it goes on bit for bit."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.texts import Windows
from lpzero.errors import InputError, LpzeroError
from lpzero.files import PART
from lpzero.settings import parse_json, reason_of

STATE = "recovery.safetensors"
_PARTS = ("weight", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Point:
    """One step of a recovery.

    Attributes:
        step: From 1 on.
        divergence: KL from the checkpoint's answers to those of the sub-network before the step, nats a token.
        loss: Language-model loss of the sub-network on the same text before the step, nats a token.
        seconds: Seconds of training up to the end of the step.
    """

    step: int
    divergence: float
    loss: float
    seconds: float


def origin(settings: RecoverySettings, windows: Windows, weights: Sequence[Tensor], also: str = "") -> str:
    """SHA-256 of what a recovery starts from: settings, text and weights, and what else decides the result."""
    begin = json.dumps(settings.to_json(), sort_keys=True).encode() + also.encode()
    return hashed((windows.inputs, windows.labels, *weights), begin)


def hashed(tensors: Iterable[Tensor], begin: bytes = b"") -> str:
    """SHA-256 of shapes and numbers of tensors, behind some bytes."""
    digest = hashlib.sha256(begin)
    for tensor in tensors:
        digest.update(str(tuple(tensor.shape)).encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def save_state(
    folder: Path, weights: Sequence[nn.Parameter], optimiser: torch.optim.Optimizer, curve: Sequence[Point], start: str
) -> None:
    """Replace the state of a recovery.

    Args:
        folder: Where; made where it is not there.
        weights: What learns.
        optimiser: AdamW over them, after a step.
        curve: All steps so far.
        start: What :func:`origin` says.

    Raises:
        LpzeroError: It cannot be written; the state before is as it was.
    """
    tensors: dict[str, Tensor] = {}
    for index, weight in enumerate(weights):
        moments = optimiser.state[weight]
        parts = (weight.detach(), moments["exp_avg"], moments["exp_avg_sq"])
        tensors |= {f"{part}.{index}": tensor for part, tensor in zip(_PARTS, parts, strict=True)}
    rows = [[point.step, point.divergence, point.loss, point.seconds] for point in curve]
    part = folder / f".{STATE}.{uuid.uuid4().hex}{PART}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part, {"start": start, "curve": json.dumps(rows)})
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(folder / STATE)
    except (OSError, SafetensorError) as err:
        raise LpzeroError(f"{folder / STATE} cannot be written: {getattr(err, 'strerror', None) or err}") from err
    finally:
        part.unlink(missing_ok=True)


def load_state(
    folder: Path, weights: Sequence[nn.Parameter], optimiser: torch.optim.Optimizer, start: str
) -> list[Point]:
    """Put weights and optimiser where a recovery stood.

    Args:
        folder: What :func:`save_state` wrote to.
        weights: What learns.
        optimiser: AdamW over them, before its first step.
        start: What :func:`origin` says.

    Returns:
        All steps so far; none where the folder holds no state, and then nothing was changed.

    Raises:
        InputError: The state is damaged, or that of another recovery.
    """
    path = folder / STATE
    if not path.is_file():
        return []
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            if about.get("start") != start:
                raise InputError(
                    f"{path}: expected the state of this recovery, found that of other settings, text or weights: "
                    "remove it, or give another folder"
                )
            rows = parse_json(about["curve"])
            curve = [Point(int(step), float(d), float(loss), float(seconds)) for step, d, loss, seconds in rows]
            _restore(file, weights, optimiser, len(curve))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, OverflowError, RuntimeError) as err:
        raise InputError(
            f"{path}: expected the state of a recovery, found a damaged one: remove it ({reason_of(err)})"
        ) from err
    return curve


def _restore(file: Any, weights: Sequence[nn.Parameter], optimiser: torch.optim.Optimizer, steps: int) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    with torch.no_grad():
        for index, weight in enumerate(weights):
            kept, average, square = (file.get_tensor(f"{part}.{index}") for part in _PARTS)
            weight.copy_(kept)
            state[index] = {"step": torch.tensor(float(steps)), "exp_avg": average, "exp_avg_sq": square}
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
