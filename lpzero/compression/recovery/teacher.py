"""What the full checkpoint says of a text, asked once: what its output is made of is kept, a hundredth of the answer.

The answer to one token is a logit for each entry of the vocabulary; the state that the output projection makes it of
is one number a hidden unit. So that state is kept, and the projection is done again. Where a model changes its logits
behind that projection (a soft cap, a scale), the whole model is asked again instead. Files are named by model and
window, so that a folder may hold the answers of several checkpoints to several texts, and none is taken for another.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lpzero.compression.losses import logits_of
from lpzero.compression.recovery.state import hashed
from lpzero.errors import InputError, LpzeroError
from lpzero.files import replacing

DIGITS = 32


class Teacher:
    """Answers of a model to windows of one text.

    Args:
        model: The full checkpoint, a causal or masked model of transformers in evaluation mode; it is only read.
        inputs: (windows, tokens) token ids.
        kept: Folder for what was answered; None to keep nothing.
    """

    def __init__(self, model: nn.Module, inputs: Tensor, kept: Path | None = None) -> None:
        self._model, self._inputs, self._kept = model, inputs, kept
        # before anything is timed
        self._weights = b"" if kept is None else hashed(_once(model), _said(model)).encode()
        self._output = output_projection(model)
        self._last: bool | None = None
        """Whether the output projection gives the logits as they are; None until the model was asked."""

    def logits(self, window: int) -> Tensor:
        """The answer to one window: (tokens, vocabulary), as the model's numbers are.

        Raises:
            InputError: What was kept of it is damaged.
            LpzeroError: It cannot be kept.
        """
        with torch.inference_mode():
            state = self._read(window)
            if state is None or self._last is None:
                return self._asked(window)
            return self._projected(state)

    def _asked(self, window: int) -> Tensor:
        states: list[Tensor] = []
        if self._output is None:
            return self._whole(window)

        def keep(_module: nn.Module, inputs: tuple[Any, ...]) -> None:
            states.append(inputs[0])

        handle = self._output.register_forward_pre_hook(keep)
        try:
            logits = self._whole(window)
        finally:
            handle.remove()
        if self._last is None:
            self._last = len(states) == 1 and torch.equal(self._projected(states[0]), logits)
        if self._last:
            self._write(window, states[0])
            # what is kept and what is asked has to be equal to the last bit
            return self._projected(states[0])
        return logits

    def _whole(self, window: int) -> Tensor:
        return logits_of(self._model, self._inputs[window : window + 1])[0]

    def _projected(self, state: Tensor) -> Tensor:
        assert self._output is not None
        logits: Tensor = self._output(state)[0]
        return logits

    def _path(self, window: int) -> Path | None:
        if self._kept is None:
            return None
        asked = hashed([self._inputs[window]], self._weights)[:DIGITS]
        return self._kept / f"{asked}.npy"

    def _read(self, window: int) -> Tensor | None:
        path = self._path(window)
        if path is None or self._output is None or not path.is_file():
            return None
        weight: Tensor = next(self._output.parameters())
        try:
            state = torch.from_numpy(np.load(path, allow_pickle=False))
        except (OSError, ValueError) as err:
            raise InputError(f"{path}: expected an answer that was kept, found a damaged file: remove it") from err
        return state.to(weight.device, weight.dtype)

    def _write(self, window: int, state: Tensor) -> None:
        path = self._path(window)
        if path is None or path.is_file():
            return
        try:
            with replacing(path) as file:
                np.save(file, state.float().cpu().numpy(), allow_pickle=False)
        except OSError as err:
            raise LpzeroError(f"{path} cannot be written: {err.strerror or err}") from err


def _once(model: nn.Module) -> list[Tensor]:
    """All that decides what a model says, what is tied once."""
    return list({tensor.data_ptr(): tensor for tensor in model.state_dict().values()}.values())


def _said(model: nn.Module) -> bytes:
    """Its configuration: what weights do not show, such as how positions are turned."""
    config = getattr(model, "config", None)
    return b"" if config is None else str(config.to_json_string()).encode()


def output_projection(model: nn.Module) -> nn.Module | None:
    """The module that makes logits of states, where the model says which it is."""
    find = getattr(model, "get_output_embeddings", None)
    found = find() if find is not None else None
    return found if isinstance(found, nn.Module) else None
