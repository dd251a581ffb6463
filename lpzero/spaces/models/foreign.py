"""Models that are not ours, made to answer as the extraction asks.

A transformers model answers already. Any other module is called with what its ``forward`` takes; what it returns is
read as a loss, as logits, or as an object that has them. What it does not show (hidden states, attention) stays empty.
"""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.spaces.models.output import UNLABELLED, ModelOutput
from lpzero.spaces.space import Objective

ASKED = ("labels", "output_attentions", "output_hidden_states", "return_dict", "use_cache")


class Answering(nn.Module):
    """A model behind the calling convention of :class:`lpzero.spaces.models.sites.SitedModel`.

    Args:
        model: Takes ``input_ids``, (batch, tokens), by name or first.
        objective: Which loss its logits stand for, where it returns no loss.
    """

    def __init__(self, model: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.model = model
        self._objective = objective
        parameters = inspect.signature(model.forward).parameters
        self._arguments = frozenset(parameters)
        self._open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
        self._named = "input_ids" in parameters
        self._takes = [name for name in ASKED if name in parameters or (self._open_ended and self._named)]

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Call the model and read what it returns; raises LpzeroError where that holds no loss and no logits."""
        wanted: dict[str, Any] = {
            "labels": labels,
            "output_attentions": output_attentions,
            "output_hidden_states": output_hidden_states,
            "return_dict": True,
            "use_cache": False,
        }
        taken = {name: wanted[name] for name in self._takes}
        output = self.model(input_ids=input_ids, **taken) if self._named else self.model(input_ids, **taken)
        loss = self._loss(output, labels)
        return ModelOutput(
            loss=loss,
            hidden_states=_of_both(output, "hidden_states"),
            attentions=_of_both(output, "attentions"),
        )

    def get_input_embeddings(self) -> nn.Module:
        """The word embedding, where the model names it; raises NotImplementedError elsewhere."""
        ask = getattr(self.model, "get_input_embeddings", None)
        if not callable(ask):
            raise NotImplementedError
        embedding: nn.Module = ask()
        return embedding

    def _loss(self, output: Any, labels: Tensor) -> Tensor:
        if isinstance(output, tuple):
            # hand-written models return (logits, loss) or (loss, logits)
            tensors = [part for part in output if isinstance(part, Tensor)]
            output = next((t for t in tensors if t.ndim == 0), tensors[0] if tensors else output)
        loss = getattr(output, "loss", None)
        if isinstance(loss, Tensor):
            return loss
        logits = output if isinstance(output, Tensor) else getattr(output, "logits", None)
        if isinstance(logits, Tensor) and logits.ndim == 0:
            return logits
        if not isinstance(logits, Tensor) or logits.ndim != 3 or logits.shape[:2] != labels.shape:
            found = f"a tensor {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(output).__name__
            raise LpzeroError(
                "expected the model to return a loss, or logits (batch, tokens, vocabulary), as a tensor or as an "
                f"attribute: found {found}"
            )
        if self._objective == "causal":
            logits, labels = logits[:, :-1], labels[:, 1:]
        return nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]).float(), labels.reshape(-1), ignore_index=UNLABELLED
        )


def _of_both(output: Any, name: str) -> tuple[Any, ...]:
    """What an output has under a name; of an encoder-decoder that of the encoder, of the decoder, and across them."""
    found = getattr(output, name, None)
    if found is not None:
        return tuple(found)
    parts = (getattr(output, f"encoder_{name}", None), getattr(output, f"decoder_{name}", None))
    across = getattr(output, "cross_attentions", None) if name == "attentions" else None
    return tuple(one for part in (*parts, across) for one in part or ())


def guessed_objective(model: nn.Module) -> Objective:
    """``"masked"`` for a model whose class says masked language model, else ``"causal"``."""
    return "masked" if "MaskedLM" in type(model).__name__ else "causal"


def guessed_vocabulary(model: nn.Module) -> int:
    """Number of token ids that a model takes.

    Raises:
        LpzeroError: It has neither a configuration that says so nor an embedding table.
    """
    size = getattr(getattr(model, "config", None), "vocab_size", None)
    if isinstance(size, int) and size >= 2:
        return size
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            return module.num_embeddings
    raise LpzeroError(
        "expected a model with config.vocab_size or an embedding table: give example_batch() beside build_model()"
    )
