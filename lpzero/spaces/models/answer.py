"""What a model that is not ours returns: a tensor, a tuple, a dict or an object, read as loss, logits, states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.spaces.models.output import UNLABELLED
from lpzero.spaces.space import Objective

_LOGITS = ("logits", "lm_logits", "prediction_logits", "prediction_scores")
_EXPECTED = (
    "expected the model to return a loss, or logits (batch, tokens, vocabulary), as a tensor, as an attribute or in a "
    "dict"
)


@dataclass(frozen=True)
class Answer:
    """What one call returned.

    Attributes:
        loss: A scalar; None where there is none.
        logits: (batch, tokens, vocabulary); None where there are none of this shape.
        hidden_states: Tensors (batch, tokens, width) in the order of the layers, of an encoder before those of its
            decoder; empty where there are none.
        attentions: Tensors (batch, heads, tokens, tokens), or None where a layer has none, those of the encoder, of
            the decoder and across them; empty where there are none.
        found: What was returned in their place, for a message.
    """

    loss: Tensor | None
    logits: Tensor | None
    hidden_states: tuple[Tensor, ...]
    attentions: tuple[Tensor | None, ...]
    found: str

    def required_logits(self) -> Tensor:
        """The logits; raises LpzeroError where there are none."""
        if self.logits is None:
            raise LpzeroError(f"{_EXPECTED}: found {self.found}")
        return self.logits


def read_answer(output: Any, shape: tuple[int, int], vocabulary: int | None = None, *, turned: bool = False) -> Answer:
    """Read what a model returned.

    Args:
        output: A tensor, a tuple or list, a mapping, or an object with attributes.
        shape: (batch, tokens) of the ids that it was given.
        vocabulary: Width of the logits, to tell them from states; None where it is not known.
        turned: Whether the model has the axes (tokens, batch); what is read has (batch, tokens).

    Raises:
        LpzeroError: The loss is not a single number.
    """
    parts = list(_parts(output))
    loss = _named(output, "loss")
    if loss is None:
        loss = next((part for part in parts if _is_scalar(part)), None)
    elif not _is_scalar(loss):
        raise LpzeroError(f"expected a loss of one number from the model, found {_described(loss)}: return its mean")
    logits = next((found for name in _LOGITS if isinstance(found := _named(output, name), Tensor)), None)
    candidates = parts if logits is None else [logits]
    laid_out = [_laid_out(part, shape, vocabulary, turned) for part in candidates if not _is_scalar(part)]
    chosen = _widest([part for part in laid_out if part is not None], vocabulary)
    hidden = _of_both(output, "hidden_states")
    return Answer(
        loss=None if loss is None else loss.reshape(()),
        logits=chosen,
        hidden_states=_stacked(hidden, shape, turned),
        attentions=_layers(_of_both(output, "attentions"), 4),
        found=_described(candidates[0]) if candidates else _described(output),
    )


def language_loss(logits: Tensor, labels: Tensor, objective: Objective) -> Tensor:
    """Mean cross entropy in nats, over the positions that have a label.

    Args:
        logits: (batch, tokens, vocabulary).
        labels: (batch, tokens) ids, -100 where there is nothing to predict.
        objective: Whether a label is predicted from the tokens before it or at its own place.

    Raises:
        LpzeroError: There is a label that the logits do not reach.
    """
    if int(labels.max()) >= logits.shape[-1]:
        raise LpzeroError(
            f"expected logits for {int(labels.max()) + 1} words at least, as the labels have, found {logits.shape[-1]}"
        )
    if objective == "causal":
        logits, labels = logits[:, :-1], labels[:, 1:]
    return nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]).float(), labels.reshape(-1), ignore_index=UNLABELLED
    )


def _named(output: Any, name: str) -> Any:
    return output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)


def _of_both(output: Any, name: str) -> Any:
    """What an output has under a name; of an encoder-decoder that of the encoder, of the decoder, and across them."""
    found = _named(output, name)
    if found is not None:
        return found
    parts = [_named(output, f"{part}_{name}") for part in ("encoder", "decoder")]
    if name == "attentions":
        parts.append(_named(output, "cross_attentions"))
    return tuple(one for part in parts if isinstance(part, (tuple, list)) for one in part)


def _parts(output: Any) -> Iterator[Tensor]:
    """The tensors of what hand-written models return: one, (logits, loss), (loss, logits), (logits, state), a dict."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, (tuple, list, Mapping)):
        values = output.values() if isinstance(output, Mapping) else output
        yield from (part for part in values if isinstance(part, Tensor))


def _widest(tensors: list[Tensor], vocabulary: int | None) -> Tensor | None:
    """The logits among tensors of their shape: states lie (batch, tokens, width) too."""
    if len(tensors) > 1 and vocabulary is not None:
        exact = [tensor for tensor in tensors if tensor.shape[-1] == vocabulary]
        tensors = exact or [tensor for tensor in tensors if tensor.shape[-1] > vocabulary]
    return tensors[0] if tensors else None


def _is_scalar(part: Any) -> bool:
    return isinstance(part, Tensor) and part.numel() == 1 and part.ndim <= 1 and part.is_floating_point()


def _laid_out(logits: Tensor, shape: tuple[int, int], vocabulary: int | None, turned: bool) -> Tensor | None:
    """Logits as (batch, tokens, vocabulary); None where they are none.

    They may lie (batch x tokens, vocabulary), or (batch, vocabulary, tokens), as torch's loss takes them.
    """
    batch, tokens = shape
    rows = (tokens, batch) if turned else (batch, tokens)
    if not logits.is_floating_point() or logits.ndim not in (2, 3) or logits.shape[-1] < 2:
        return None
    if logits.ndim == 2:
        if logits.shape[0] != batch * tokens:
            return None
        logits = logits.reshape(*rows, -1)
    if logits.shape[:2] != rows:
        lies_so = logits.shape == (batch, vocabulary, tokens)
        return logits.transpose(1, 2) if lies_so else None
    return logits.transpose(0, 1) if turned else logits


def _stacked(states: Any, shape: tuple[int, int], turned: bool) -> tuple[Tensor, ...]:
    """Hidden states, which may be one tensor with the layers first or second."""
    batch, tokens = shape
    rows = (tokens, batch) if turned else (batch, tokens)
    if isinstance(states, Tensor):
        if states.ndim != 4:
            return ()
        first, second = states.shape[1:3] == rows, (states.shape[0], states.shape[2]) == rows
        if first == second:
            # as many layers as sequences: nothing tells the axes apart
            return ()
        states = states.unbind(0 if first else 1)
    found = _layers(states, 3)
    if turned and all(state is not None and state.shape[:2] == rows for state in found):
        found = tuple(state.transpose(0, 1) for state in found if state is not None)
    return tuple(state for state in found if state is not None)


def _layers(parts: Any, axes: int) -> tuple[Any, ...]:
    """One entry a layer, which may be a tensor with the layers first."""
    if isinstance(parts, Tensor):
        return parts.unbind(0) if parts.ndim == axes + 1 else ()
    return tuple(parts) if isinstance(parts, (tuple, list)) else ()


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor {tuple(value.shape)}"
    if isinstance(value, Mapping):
        return f"a {type(value).__name__} with the keys {', '.join(map(str, list(value)[:8])) or 'none'}"
    return type(value).__name__
